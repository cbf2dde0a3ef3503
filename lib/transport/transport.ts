/**
 * The seam between the scheduler and whatever runs tasks: a thread, a web worker, a process, this event loop.
 *
 * A transport carries batches of calls to one worker and reports each call as it finishes. Calls are numbered by the
 * scheduler, without gaps. How a batch travels, and how an answer comes back, is the transport's own business, which is
 * what lets a faster one fit in.
 *
 * @module
 */
import type { DeathReason } from "../core/errors.ts";
import type { Source } from "../protocol/messages.ts";

/** Several calls of one task. */
export interface Batch {
  /** Number of the first call; the others follow without gaps. */
  first: number;
  /** Stable id of the task within the pool. */
  taskId: number;
  source: Source;
  /** The function itself, for a transport that stays in this isolate. */
  local: ((...args: never[]) => unknown) | undefined;
  /** Each call's argument, or its argument list when `spread`. */
  items: unknown[];
  spread: boolean;
  /** Longest run of each call in milliseconds; with one, start times are wanted. */
  timeout: number | undefined;
  /** Whether a call has a limit (a timeout, a signal) that may stop it. */
  limited: boolean;
  attempt: number;
  /** What to move instead of copy. */
  transfer: Transferable[];
}

/** How a worker ended. */
export interface Death {
  reason: DeathReason;
  exitCode?: number;
  signal?: string;
  /** What it died of, where that is known. */
  cause?: unknown;
  /** The worker was given up: nothing can stop it, and it may run on. {@linkcode TransportEvents.buried} may follow. */
  abandoned?: boolean;
}

/** What a transport tells its owner, never from within a call of the owner's. Only `buried` is told after `exit`. */
export interface TransportEvents {
  /** The worker takes calls. */
  ready(): void;
  /** A call was answered. Comes once for each call that was neither withdrawn nor lost. */
  settled(seq: number, ok: boolean, value: unknown): void;
  /** `count` calls took `ms` milliseconds of the worker's time. */
  measured(count: number, ms: number): void;
  /** The worker is gone; what was not settled is lost. */
  exit(death: Death): void;
  /** A worker that was abandoned has ended after all. */
  buried(): void;
}

/** One worker, as the scheduler sees it. It never keeps the script alive by itself; unfinished work does. */
export interface Transport {
  /** Most calls in flight. 1: a call that was sent has started. */
  readonly window: number;
  /** How many calls it can take now. */
  readonly free: number;
  /**
   * Sends a batch; its values are copied before this returns.
   *
   * @throws If a value cannot be copied; then nothing was sent.
   */
  send(batch: Batch): void;
  /** Takes back a call that has not started; `false` if it has. */
  withdraw(seq: number): boolean;
  /** When a call of a timed batch started, on this thread's `performance.now()` clock; `undefined` if it has not. */
  startedAt(seq: number): number | undefined;
  /** Whether a call has started; asked only while it is in flight, and once more after `exit`. */
  hasStarted(seq: number): boolean;
  /** Fires the signal of a running call. */
  cancel(seq: number, reason: unknown): void;
  /** Ends an idle worker. `exit` follows. */
  close(): void;
  /** Stops the worker whatever it does. `exit` follows. */
  kill(): void;
}

/** Starts a worker. */
export type Launch = (workerId: number, events: TransportEvents) => Transport;
