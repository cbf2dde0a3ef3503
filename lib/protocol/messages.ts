/**
 * All messages between a host and a worker.
 *
 * ```
 * host                                                     worker
 *   task   { id, source }          once per task and worker  ->
 *   run    { task, first, items }  a batch of calls          ->
 *   cancel { seq }                 fires one signal          ->
 *   grant  { seq, count }          a stream may yield more   ->
 *   share  { id, value }           once per worker           ->
 *   drop   { id }                  frees a shared value      ->
 *   leave  { finalize }            the worker ends itself    ->
 *                                                            <-  initializing
 *                                                            <-  ready
 *                                                            <-  failed { phase, thrown } hooks, memory limit
 *                                                            <-  cancel-received         its event loop turns
 *                                                            <-  item { seq, value }     yielded or emitted
 *                                                            <-  progress { seq, done }
 *                                                            <-  grown                   its memory is past recycleAt
 *                                                            <-  report { count, ms }    results are in the table
 *                                                            <-  result { seq, value }   not in the call table
 *                                                            <-  error { seq, thrown }
 *                                                            <-  timed { seq, start, end }
 *                                                            <-  exiting                 scoped workers, processes
 *                                                            <-  started { seq }         processes only
 *                                                            <-  waits { seq }           processes only
 *                                                            <-  printed                 processes only
 *   answer { id, value }           remote_messages.ts        <-> request, abort, release   processes only
 * ```
 *
 * The host numbers the calls of a worker without gaps (`seq`); a batch covers `first` to `first + items.length - 1`.
 * The worker answers each call exactly once, in the call table (call_table.ts) or by a message of its own, as soon as
 * the call has finished. So the death of a worker loses only the calls that it was running.
 *
 * @module
 */
import type { Thrown } from "./error_record.ts";
import type { AnswerMessage, RemoteMessage } from "./remote_messages.ts";
import type { ItemMessage, ResultMessage, ShareMessage, ThrownMessage } from "./value_messages.ts";

/** Where the code of a task is found: an export of a module, or the text of a function. */
export type Source = { readonly url: string; readonly name: string } | { readonly source: string };

/** The items of a batch, one for each call: an array, or an object that reads them from shared memory on demand. */
export interface Items {
  readonly length: number;
  at(index: number): unknown;
}

/** A batch of calls of one task, on the worker's side. */
export interface RunMessage {
  kind: "run";
  /** Id from an earlier `task` message. */
  task: number;
  /** Number of the first call. */
  first: number;
  /** The argument of each call, or its argument list when `spread`. */
  items: Items;
  spread: boolean;
  /** Time limit of each call in milliseconds. If there is one, the worker records start times in the call table. */
  timeout?: number;
  /** Maximum processor time of each call in milliseconds, if there is a limit; for processes only. */
  cpuTime?: number;
  /**
   * Whether the host may stop a call by force at its own limit. The worker prepares for that before the first such
   * call.
   */
  hasLimit: boolean;
  /** The number of the attempt, from 1. It is the same for all calls of the batch. */
  attempt: number;
  /** How many items each call may yield before a grant; `0` if the calls do not stream. */
  stream: number;
  /** Whether there are references to shared values in the arguments. */
  shared: boolean;
  /** Whether there may be shared objects in the arguments. */
  handles: boolean;
  /** Whether the worker posts a `timed` message before each answer. */
  timed: boolean;
  /** The trace that the calls belong to (W3C Trace Context). Such a batch goes by message. */
  traceparent?: string;
}

/** Wakes a side that may have gone to sleep before it saw what is in the slot of the memory file (memory_file.ts). */
type SlotMessage = { kind: "slot" };

/** From host to worker. */
export type HostMessage =
  | { kind: "task"; id: number; source: Source }
  | RunMessage
  | { kind: "cancel"; seq: number; reason: Thrown }
  | { kind: "grant"; seq: number; count: number }
  | ShareMessage
  | { kind: "drop"; id: number }
  | AnswerMessage
  | SlotMessage
  | { kind: "leave"; finalize: boolean };

/** What can fail in a worker besides a call. */
export type Phase = "initializer" | "finalizer" | "memory";

/** From worker to host. */
export type WorkerMessage =
  | RemoteMessage
  /** `now` and `date` are the worker's clocks, so that the host can convert the worker's start times. */
  | { kind: "ready"; now: number; date: number }
  | { kind: "initializing" }
  | ThrownMessage & { kind: "failed"; phase: Phase }
  | { kind: "cancel-received" }
  /** The worker's memory is past `recycleAt`. Posted again and again while it is. */
  | { kind: "grown" }
  | ItemMessage
  | { kind: "progress"; seq: number; done: number; total: number | undefined }
  /** The worker answered `count` calls in `ms` milliseconds; one after another, they would have taken `runTime`. */
  | { kind: "report"; count: number; ms: number; runTime: number }
  | ResultMessage
  /** A call of a timed batch ran from `start` to `end`, on the worker's clock. Its answer is the next message. */
  | { kind: "timed"; seq: number; start: number; end: number }
  | ThrownMessage & { kind: "error"; seq: number }
  /** The worker is about to end itself, with an exit code or because of an uncaught error. */
  | { kind: "exiting"; exitCode?: number; thrown?: Thrown }
  /** A call starts. It is written before the call runs. */
  | { kind: "started"; seq: number }
  /** A call that runs beside others has begun to wait: the worker can start another. */
  | { kind: "waits"; seq: number }
  /** The worker has printed: the next mark follows on its stdout and stderr, and what it prints before comes first. */
  | { kind: "printed" }
  | SlotMessage;

/** The part of a MessagePort that host and worker use. Node's types lack `onmessage`. */
export interface Port {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  onmessage: ((event: { data: unknown }) => void) | null;
  onmessageerror: ((event: { data: unknown }) => void) | null;
}
