/**
 * `HostLink`: the interface between the code that serves calls and its kind of worker (thread, scoped worker, process). It
 * sends messages to the host, and provides what depends on the kind of worker.
 *
 * @module
 */
import type { Report } from "../lib/protocol/doorbell.ts";
import type { Importer } from "../lib/protocol/load_task.ts";
import type { RunMessage, WorkerMessage } from "../lib/protocol/messages.ts";
import type { WorkerSettings } from "../lib/protocol/worker_init.ts";

/** The states of a worker's calls, as the worker sees them (lib/protocol/call_table.ts, process_calls.ts). */
export interface CallStates {
  /** Records when a call starts, before {@linkcode start}. */
  recordStart(seq: number, now: number): void;
  /** Starts a call; `false` if it was withdrawn. */
  start(seq: number): boolean;
  /** Returns what {@linkcode recordStart} has recorded. */
  startedAt(seq: number): number;
  /** Passes the result of a call to the host; `false` if it must be posted. In the order of the calls. */
  setResult(seq: number, value: unknown): boolean;
  /** Ends a call whose answer was posted. */
  markPosted(seq: number): void;
}

/** The batches that wait for a worker, in the order of their calls (inbox.ts, process_calls.ts). */
export interface CallInbox {
  /** Adds a batch that came as a message. */
  push(batch: RunMessage): void;
  /** Takes the next batch, if there is one. */
  next(): RunMessage | undefined;
  /** Whether there are calls that {@linkcode next} has not taken. */
  readonly hasCalls: boolean;
  /** Records that the event loop has turned. */
  loopTurned(): void;
  /** Blocks or polls for a moment, if the wait budget allows it. Returns whether calls have come. */
  park(): boolean;
  /** Calls `onCalls` when calls that come without a message have come. */
  listen(onCalls: () => void): void;
}

/** The link of a worker to its host. The entry of each kind of worker makes one. */
export interface HostLink {
  init: WorkerSettings;
  calls: CallStates;
  /**
   * Makes the inbox.
   *
   * @param hasTask Whether the `task` message with an id has arrived.
   */
  openInbox(hasTask: (id: number) => boolean): CallInbox;
  /** Reports calls whose results the host has without a message. Called only if {@linkcode CallStates.setResult} returns true. */
  report?(report: Report): void;
  /** Posts a message to the host. */
  post(message: WorkerMessage, transfer?: Transferable[]): void;
  /** Posts a message together with the next one, which must follow at once. If a kind lacks it, `post` is used. */
  postWithNext?(message: WorkerMessage): void;
  /**
   * Resolves when what was posted has left the worker; `undefined` if it has. If a kind lacks it, `post` returns only then.
   */
  sent?(): Promise<void> | undefined;
  /**
   * Runs a function in a later turn of the event loop. Only in such a turn, or in a timer, does the runtime report that
   * the worker has run out of memory.
   */
  setImmediate(run: () => void): void;
  /** Runs a function once the messages that have arrived were received. If a kind lacks it, `setImmediate` is used. */
  soon?(run: () => void): void;
  /** The `import()` of the entry. */
  load: Importer;
  /**
   * Runs synchronous code for `remaining` milliseconds at most. Only a kind of worker that its host cannot interrupt
   * has this method.
   *
   * @param timeout The time limit of the call, for its error.
   */
  runWithin?(run: () => unknown, timeout: number, remaining: number): unknown;
  /**
   * Called when a call that runs beside others awaits something, or has ended: the worker can run the next one. Only a
   * kind of worker from which its host cannot take back a call has this method.
   */
  waits?(seq: number): void;
  /** Makes the worker watch its processor time. Called before each batch with a limit of it; only a process has such. */
  watchCpu?(): Promise<void>;
  /** Makes it safe to stop the worker by force. Called before the first call that has a limit. */
  prepare(): Promise<void>;
  /** Loads the classes of shared objects, so that they can be revived. */
  loadSharedTypes(): Promise<unknown>;
  /** Loads the module that makes errors of their records. */
  loadErrors(): Promise<typeof import("../lib/protocol/error_decoder.ts")>;
  /** Loads the module that makes the spans of calls. */
  loadTracer(): Promise<typeof import("./call_tracer.ts")>;
  /** Ends the worker. */
  leave(): void;
}
