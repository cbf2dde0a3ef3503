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
import type { Shares } from "../protocol/shared_value.ts";

/** Several calls of one task. */
export interface Batch {
  /** Number of the first call; the others follow without gaps. */
  first: number;
  /** Stable id of the task within the pool. */
  taskId: number;
  source: Source;
  /** The function itself, for a transport that stays in this isolate. */
  localFunction: ((...args: never[]) => unknown) | undefined;
  /** Each call's argument, or its argument list when `spread`. */
  items: unknown[];
  spread: boolean;
  /** Longest run of each call in milliseconds; with one, start times are noted. */
  timeout: number | undefined;
  /** Whether a call has a limit (a timeout, a signal) that may stop it. */
  limited: boolean;
  attempt: number;
  /** Items that a streaming call may yield before it is granted more; `0` for calls that only return. */
  stream: number;
  /** Shared values that arguments stand for, by id. */
  shares: Shares | undefined;
  /** Whether there may be shared objects in the items. */
  handles: boolean;
  /** What to move instead of copy. */
  transfer: Transferable[];
}

/** How a worker ended. */
export interface Death {
  /** `"initializer"` and `"finalizer"`: that function failed, `cause` is what it threw. */
  reason: DeathReason | "initializer" | "finalizer";
  exitCode?: number;
  signal?: string;
  /** What it died of, where that is known. */
  cause?: unknown;
  /** The worker was given up: nothing can stop it, and it may run on. {@linkcode TransportEvents.abandonedExited} may follow. */
  abandoned?: boolean;
}

/** A function that every worker runs once, before its first call or after its last. */
export interface Hook {
  readonly source: Source;
  /** The function itself, for a transport that stays in this isolate. */
  readonly localFunction: ((...args: never[]) => unknown) | undefined;
  readonly args: readonly unknown[];
  /** Whether there may be shared objects in the arguments. */
  readonly handles: boolean;
}

/** How long a finalizer may run that has no limit, in milliseconds. */
export const FINALIZER_LIMIT = 10_000;

/** What all workers of a pool have in common. */
export interface Setup {
  /** Most workers of the pool. */
  readonly workers: number;
  readonly initializer: Hook | undefined;
  readonly finalizer: Hook | undefined;
  /** Calls that one worker runs at a time. */
  readonly concurrency: number;
  /** Longest run of a hook, in milliseconds. */
  readonly timeout: number | undefined;
  /** Most bytes of a worker's heap. */
  readonly memoryLimit: number | undefined;
  /** At most the permissions of this isolate, where workers have their own. */
  readonly permissions: Deno.PermissionOptionsObject | undefined;
  /** URLs of the task modules that a worker starting now must be able to load. */
  modules(): readonly string[];
  /** The worker's `process.env`; `undefined`: a copy of this isolate's. */
  readonly env: Readonly<Record<string, string>> | undefined;
}

/** What a transport tells its owner, never from within a call of the owner's. Only `buried` is told after `exit`. */
export interface TransportEvents {
  /** The worker has started its initializer. */
  initializing(): void;
  /** The worker takes calls. */
  ready(): void;
  /** A running call yielded or emitted a value. */
  item(seq: number, value: unknown): void;
  /** A running call told how far it has come. */
  progress(seq: number, done: number, total: number | undefined): void;
  /**
   * Calls have returned, one after another from number `first` on. This or `rejected` comes once for each call that was
   * neither withdrawn nor lost.
   */
  fulfilled(first: number, values: readonly unknown[]): void;
  /** A call has thrown. */
  rejected(seq: number, error: unknown): void;
  /** `count` calls took `ms` milliseconds of the worker's time; one after another, they would have taken `ran`. */
  measured(count: number, ms: number, ran?: number): void;
  /** The worker is gone; what was not settled is lost. */
  exit(death: Death): void;
  /** A worker that had been given up has ended after all. */
  abandonedExited(): void;
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
  /** Lets a streaming call yield `count` more items. */
  grant(seq: number, count: number): void;
  /** A shared value is not needed any more. */
  drop(id: number): void;
  /** Ends an idle worker, its finalizer first. `exit` follows. */
  close(): void;
  /** Stops the worker whatever it does. `exit` follows. */
  kill(): void;
}

/** Starts a worker. */
export type Launch = (workerId: number, events: TransportEvents) => Transport;
