/**
 * `HostLink`: the interface between the code that serves calls and its kind of worker (thread, scoped worker, process). It
 * sends messages to the host, and provides what depends on the kind of worker.
 *
 * @module
 */
import type { CallTable } from "../lib/protocol/call_table.ts";
import type { Doorbell } from "../lib/protocol/doorbell.ts";
import type { Importer } from "../lib/protocol/load_task.ts";
import type { WorkerMessage } from "../lib/protocol/messages.ts";
import type { WorkerInit } from "../lib/protocol/worker_init.ts";

/** The link of a worker to its host. The entry of each kind of worker makes one. */
export interface HostLink {
  init: WorkerInit;
  callTable: CallTable;
  doorbell: Doorbell;
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
  /**
   * Called when all calls have been answered and none runs. Polls for the next call for a moment, if that is worth its
   * processor time (lib/core/wait_budget.ts). Only a kind of worker that sleeps in its event loop has this method.
   */
  look?(): void;
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
  /** Loads the module that makes the spans of calls. */
  loadTracer(): Promise<typeof import("./call_tracer.ts")>;
  /** Ends the worker. */
  leave(): void;
}
