/**
 * The interface between the scheduler and a worker: a thread, a scoped worker, a process, or this event loop.
 *
 * A transport carries batches of calls to one worker and reports each call as it finishes. The scheduler numbers the
 * calls of a worker without gaps. How batches and answers travel is hidden behind this interface, so that a faster
 * transport needs no change of the scheduler.
 *
 * @module
 */
import type { AsyncContext } from "../core/async_context.ts";
import type { DeathReason } from "../core/errors.ts";
import type { Source } from "../protocol/messages.ts";
import type { Shares } from "../protocol/shared_value.ts";
import type { ChildControl } from "./child_control.ts";
export type { ChildControl };

/** Limits of one call that only a worker process can keep. */
export interface CallLimits {
  /** Maximum processor time of the call, in milliseconds. */
  readonly cpuTime: number | undefined;
  /** Maximum number of bytes that the call prints. */
  readonly maxOutput: number | undefined;
}

/** Calls of one task that are sent together. */
export interface Batch {
  /** The job of the first call: a submit, a map or a stream. Transports only compare it. */
  job: object;
  /** Index of the first call in its job. */
  index: number;
  /** Calls with a higher number go first, if something outside of the pool orders them. */
  priority: number;
  /** Number of the first call; the others follow without gaps. */
  first: number;
  /** When it is sent, on the `performance.now()` clock. */
  sentAt: number;
  /** Stable id of the task within the pool. */
  taskId: number;
  source: Source;
  /** The task function itself, for a transport that runs calls in this isolate. */
  localFunction: ((...args: never[]) => unknown) | undefined;
  /** Each call's argument, or its argument list when `spread`. */
  items: unknown[];
  spread: boolean;
  /** Time limit of each call in milliseconds. If there is one, the worker records start times. */
  timeout: number | undefined;
  /** Limits that only a worker process can keep. */
  limits: CallLimits | undefined;
  /** Whether a call has a timeout or a signal, which may stop its worker by force. */
  hasLimit: boolean;
  /** The number of the attempt, from 1. */
  attempt: number;
  /** How many items each call may yield before a grant; `0` if the calls do not stream. */
  stream: number;
  /** The shared values that the items refer to, by id. */
  shares: Shares | undefined;
  /** Whether there may be shared objects in the items. */
  handles: boolean;
  /** Objects to move instead of copying them. */
  transfer: Transferable[];
  /** The caller's context, for a transport that runs calls in this isolate. */
  context: AsyncContext | undefined;
  /** Whether the worker reports when each call ran. */
  timed: boolean;
  /** The trace that the calls belong to (W3C Trace Context). */
  traceparent: string | undefined;
}

/** When a call ran, on the `performance.now()` clock of this thread. */
export interface CallTimes {
  readonly start: number;
  readonly end: number;
}

/** How a worker ended. */
export interface Death {
  /** With `"initializer"` or `"finalizer"`, that hook failed and `cause` is what it threw. */
  reason: DeathReason | "initializer" | "finalizer";
  exitCode?: number;
  signal?: string;
  /** What the worker or its call may use, if it used more: bytes, and for `"cpu"` milliseconds. */
  limit?: number;
  /** The cause of death, if known. */
  cause?: unknown;
  /**
   * Whether the worker may still run because it cannot be stopped. {@linkcode TransportEvents.abandonedExited} may
   * follow.
   */
  abandoned?: boolean;
}

/** A function that each worker of a pool runs once, before its first call or after its last. */
export interface Hook {
  readonly source: Source;
  /** The function itself, for a transport that runs calls in this isolate. */
  readonly localFunction: ((...args: never[]) => unknown) | undefined;
  readonly args: readonly unknown[];
  /** Whether there may be shared objects in the arguments. */
  readonly handles: boolean;
}

/** A host of a pool. */
export interface HostSetup {
  /** What `ssh` takes; this machine if `undefined`. */
  readonly name: string | undefined;
  /** Maximum number of workers there; if `undefined`, one for each of its cores. */
  readonly workers: number | undefined;
}

/** The hosts of a pool. */
export interface HostsSetup {
  readonly hosts: readonly HostSetup[];
  /** Arguments of `ssh`. */
  readonly ssh: readonly string[];
  /** Maximum number of workers on all hosts together. */
  readonly max: number;
  /** How many workers there may be before anything is known of the hosts. */
  readonly first: number;
}

/** The settings that all workers of a pool have in common. */
export interface Setup {
  /** Maximum number of workers of the pool. */
  readonly workers: number;
  readonly initializer: Hook | undefined;
  readonly finalizer: Hook | undefined;
  /** Maximum number of calls that a worker runs at a time. */
  readonly concurrency: number;
  /** Time limit of a hook, in milliseconds. */
  readonly timeout: number | undefined;
  /** Maximum heap of a worker, in bytes. */
  readonly memoryLimit: number | undefined;
  /** Number of calls after which a worker ends. The scheduler counts; only worker hosts of a cluster do so themselves. */
  readonly maxTasks: number | undefined;
  /** Bytes of memory from which a worker reports that it has grown. */
  readonly recycleAt: number | undefined;
  /** The permissions of workers with a scope of their own: at most those of this isolate. */
  readonly permissions: Deno.PermissionOptionsObject | undefined;
  /** Returns the URLs of the task modules that a worker which starts now must be able to load. */
  modules(): readonly string[];
  /** The worker's `process.env`; if `undefined`, a thread has a copy of this isolate's, and a process has none. */
  readonly env: Readonly<Record<string, string>> | undefined;
  /** The working directory of worker processes; if `undefined`, this process's. */
  readonly cwd: string | undefined;
  /** The program, with its arguments, through which worker processes are started. */
  readonly command: readonly string[] | undefined;
  /** What watches over the one worker process of a `Process`. */
  readonly child?: ChildControl | undefined;
  /** The hosts on which worker processes run; if `undefined`, this one. */
  readonly hosts: HostsSetup | undefined;
}

/**
 * The events of one worker. A transport emits none while a method of its own is being called, and only
 * `abandonedExited` after `exit`.
 */
export interface TransportEvents {
  /** The worker has started its initializer. */
  initializing(): void;
  /**
   * The worker takes calls. `outage` is set if the calls that are sent now will fail, because the worker cannot reach the
   * server that would run them (a cluster without its Redis): the reason.
   */
  ready(outage?: unknown): void;
  /** A running call yielded or emitted a value. */
  item(seq: number, value: unknown): void;
  /** A running call reported its progress. */
  progress(seq: number, done: number, total: number | undefined): void;
  /**
   * Calls have returned: those from number `first` on, without gaps. Each call that is neither withdrawn nor lost is in
   * one such event or in one `rejected`.
   */
  fulfilled(first: number, values: readonly unknown[]): void;
  /** A call of a timed batch has ended, and ran at these times. `fulfilled` or `rejected` follows. */
  timed(seq: number, times: CallTimes): void;
  /** A call has thrown. */
  rejected(seq: number, error: unknown): void;
  /** The worker takes a further call, although none has ended: {@linkcode Transport.free} has grown. */
  roomFreed(): void;
  /**
   * The worker answered `count` calls in `ms` milliseconds; one after another, they would have taken `runTime`. `now`: the
   * time, on the `performance.now()` clock, if the transport has just read it.
   */
  measured(count: number, ms: number, runTime?: number, now?: number): void;
  /** The worker's memory is past `recycleAt`. Reported again and again while it is. */
  grown(): void;
  /** The worker has ended or is abandoned; calls that are not settled are lost. */
  exit(death: Death): void;
  /** An abandoned worker has ended. */
  abandonedExited(): void;
}

/** One worker, as the scheduler sees it. A transport does not keep the script alive; unfinished jobs do. */
export interface Transport {
  /** Maximum number of calls in flight. If it is 1, each call starts as soon as it is sent. */
  readonly window: number;
  /** How many more calls can be sent now. */
  readonly free: number;
  /**
   * Whether the worker may take long until it starts a call, and is not blocked: it loads code, of the runtime or of a task,
   * or reads a large batch.
   */
  readonly isLoading: boolean;
  /** Set if calls wait for their start outside of the worker, however long that takes. Only `cancel` and `kill` end them. */
  readonly queuesElsewhere?: boolean;
  /**
   * Sends a batch. The values are copied before it returns.
   *
   * @throws If a value cannot be copied. Then no call was sent.
   */
  send(batch: Batch): void;
  /** Takes back a call that has not started; `false` if it has. */
  withdraw(seq: number): boolean;
  /** When a call with a timeout started, on this thread's `performance.now()` clock; `undefined` if it does not run. */
  startedAt(seq: number): number | undefined;
  /** Whether a call runs: it has started, and the worker has not marked it as ended. Valid while the call is in flight. */
  isRunning(seq: number): boolean;
  /**
   * Whether a call has started. Valid while the call is in flight, and once more after `exit`. Before `exit`, a worker
   * process counts as having started what it was sent.
   */
  hasStarted(seq: number): boolean;
  /**
   * Whether a call in flight has not started, as far as the worker has shown. It may start at any moment: what is true of a
   * process for seconds says that something blocks it.
   */
  isQueued(seq: number): boolean;
  /** Fires the signal of a running call. */
  cancel(seq: number, reason: unknown): void;
  /** Allows a streaming call to yield `count` more items. */
  grant(seq: number, count: number): void;
  /** Frees a shared value in the worker. */
  drop(id: number): void;
  /** Ends an idle worker after its finalizer. `exit` follows. */
  close(): void;
  /** Stops the worker, whatever it runs. `exit` follows. */
  kill(): void;
}

/** Starts a worker. Throws if the runtime refuses, and has freed everything then. */
export type Launch = (workerId: number, events: TransportEvents) => Transport;

/** What a `Launch` may do with its pool. */
export interface PoolControl {
  /** Adds to the number of workers that there may be. */
  resize(by: number): void;
  /** Resolves when the pool has ended. */
  readonly ended: PromiseLike<void>;
}
