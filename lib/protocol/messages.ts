/**
 * The whole wire vocabulary between a host and a worker.
 *
 * ```
 * host                                                     worker
 *   task   { id, source }          once per task and worker  ->
 *   run    { task, first, items }  a batch of calls          ->
 *   cancel { seq }                 fires one signal          ->
 *   grant  { seq, count }          a stream may yield more   ->
 *   share  { id, value }           once per worker           ->
 *   drop   { id }                  a shared value can go     ->
 *   leave  { finalize }            please end yourself       ->
 *                                                            <-  initializing
 *                                                            <-  ready
 *                                                            <-  failed { phase, thrown } initializer, finalizer, memory
 *                                                            <-  heard                   a cancel arrived: the loop turns
 *                                                            <-  item { seq, value }     yielded or emitted
 *                                                            <-  progress { seq, done }
 *                                                            <-  settled { count, ms }   look at the board
 *                                                            <-  result { seq, value }   too rich for the board
 *                                                            <-  error { seq, thrown }
 *                                                            <-  ending                  where nobody else tells
 * ```
 *
 * Calls are numbered by the host (`seq`), one number after another; a batch covers `first` to `first + items.length - 1`.
 * Each call is answered exactly once: on the board (see call_table.ts) or by a message of its own, as soon as it has
 * finished, so that the death of a worker loses only the calls that it was running.
 *
 * @module
 */
import type { TerminalClient } from "../core/isolate_state.ts";
import type { CallTableMemory } from "./call_table.ts";
import type { ItemMessage, ResultMessage, ShareMessage } from "./value_messages.ts";
import type { Thrown } from "./error_record.ts";

/** Where the code of a task is found. */
export type Source = { readonly url: string; readonly name: string } | { readonly source: string };

/** One item for each call of a batch: an array, or what reads them as they are needed. */
export interface Items {
  readonly length: number;
  at(index: number): unknown;
}

/** A batch of calls of one task. */
export interface RunMessage {
  kind: "run";
  /** Id from an earlier `task` message. */
  task: number;
  /** Number of the first call. */
  first: number;
  /** The argument of each call, or its argument list when `spread`. */
  items: Items;
  spread: boolean;
  /** Longest run of each call in milliseconds; with one, the worker notes on the board when the call started. */
  timeout: number | undefined;
  /** Whether a call may be stopped by its own limits, so that the worker prepares for that first. */
  limited: boolean;
  /** Which attempt this is for each call of the batch, from 1. */
  attempt: number;
  /** Items that each call may yield before a grant; `0`: it only returns. */
  stream: number;
  /** Whether arguments stand for shared values. */
  shared: boolean;
  /** Whether there may be shared objects in the arguments. */
  handles: boolean;
}

/** From host to worker. */
export type HostMessage =
  | { kind: "task"; id: number; source: Source }
  | RunMessage
  | { kind: "cancel"; seq: number; reason: Thrown }
  | { kind: "grant"; seq: number; count: number }
  | ShareMessage
  | { kind: "drop"; id: number }
  | { kind: "leave"; finalize: boolean };

/** What failed, besides a call. */
export type Phase = "initializer" | "finalizer" | "memory";

/** From worker to host. */
export type WorkerMessage =
  /** `now` is the worker's clock, so that the host can read its start times. */
  | { kind: "ready"; now: number }
  | { kind: "initializing" }
  | { kind: "failed"; phase: Phase; thrown: Thrown }
  | { kind: "cancel-received" }
  | ItemMessage
  | { kind: "progress"; seq: number; done: number; total: number | undefined }
  /** `count` calls were answered in `ms` milliseconds of work; one after another they would have taken `ran`. */
  | { kind: "report"; count: number; ms: number; ran: number }
  | ResultMessage
  | { kind: "error"; seq: number; thrown: Thrown }
  /** The worker ends itself now, with an exit code or because of an uncaught error. */
  | { kind: "exiting"; exitCode?: number; thrown?: Thrown };

/** The part of a MessagePort that both sides use; node's types lack `onmessage`. */
export interface Port {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  onmessage: ((event: { data: unknown }) => void) | null;
  onmessageerror: ((event: { data: unknown }) => void) | null;
}

/** A function that a worker runs before its first call or after its last. */
export interface HookMessage {
  source: Source;
  args: readonly unknown[];
  /** Whether there may be shared objects in the arguments. */
  handles: boolean;
}

/** What a worker is told about itself when it is started. */
export interface WorkerInit {
  workerId: number;
  /** How many pools deep the worker is: 1 for a pool of the main thread. */
  depth: number;
  /** Most threads of the pools above the worker, multiplied. */
  threads: number;
  initializer: HookMessage | undefined;
  finalizer: HookMessage | undefined;
  /** Whether hooks have a limit that may stop them by force. */
  limited: boolean;
  /** Calls that run at a time. */
  concurrency: number;
  /** Most bytes of memory, if there is a limit. */
  memoryLimit: number | undefined;
  /** The table of threads, and the worker's place in it (lib/shared/owner_table.ts). */
  owner: { memory: SharedArrayBuffer; id: number };
  /** Memory of the board. */
  callTable: CallTableMemory;
  /** Memory of the bell. */
  doorbell: SharedArrayBuffer;
  /** Memory of the brake. */
  killGuard: SharedArrayBuffer;
  /** Its place at the screen. */
  terminal: TerminalClient;
  /** The worker's end of its channel. */
  port: Port;
}
