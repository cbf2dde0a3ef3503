/**
 * The events of a pool. The pool makes them only from the first `addEventListener` on.
 *
 * @module
 */
import { AsyncContext } from "../core/async_context.ts";
import type { DeathReason } from "../core/errors.ts";
import { CustomEvent as RuntimeEvent } from "../core/platform.ts";
import type { Death } from "../transport/transport.ts";
import type { Observer } from "../scheduler/observers.ts";
import { taskName } from "../scheduler/task_name.ts";

/** Detail of the worker events of {@linkcode PoolEventMap}. */
export interface WorkerEventDetail {
  /** Id of the worker, unique in its pool. */
  readonly workerId: number;
  /** How the worker ended; only with `workerexit`. */
  readonly reason?: DeathReason | "initializer" | "finalizer";
  /** The cause of death, if known. */
  readonly cause?: unknown;
}

/** Detail of the task events of {@linkcode PoolEventMap}. */
export interface TaskEventDetail {
  /** Name of the task: of its export or function, else the beginning of an inline task's text. */
  readonly task: string;
  /** Position among the items of a map; 0 for a single call. */
  readonly index: number;
  /** Id of the worker that was sent the call. */
  readonly workerId: number;
  /** Number of the attempt, from 1; only with `taskstart`. */
  readonly attempt?: number;
  /** How the attempt ended; only with `taskend`. */
  readonly outcome?: "fulfilled" | "rejected" | "cancelled";
}

/**
 * The events of a pool, by name.
 *
 * **Cost**: with a listener, one event object for each attempt of each call, maps included.
 */
export interface PoolEventMap {
  /** A worker takes calls. */
  workerstart: CustomEvent<WorkerEventDetail>;
  /** A worker has ended, in whatever way. */
  workerexit: CustomEvent<WorkerEventDetail>;
  /** A worker was sent a call. Short calls are sent some milliseconds before they start. */
  taskstart: CustomEvent<TaskEventDetail>;
  /** An attempt of a call has ended. The event comes before the future settles. */
  taskend: CustomEvent<TaskEventDetail>;
  /** The last submitted call has ended. */
  drain: CustomEvent<null>;
}

/** Returns an observer that dispatches a scheduler's reports as events. */
export function eventObserver(target: EventTarget): Partial<Observer> {
  // Listeners run in the asynchronous context of the first addEventListener(), and not in that of the call that ends.
  const context = new AsyncContext();
  const dispatch = <K extends keyof PoolEventMap>(type: K, detail: PoolEventMap[K]["detail"]) =>
    void context.run(() => target.dispatchEvent(new RuntimeEvent(type, { detail })));
  return {
    workerStarted: (workerId) => dispatch("workerstart", { workerId }),
    workerEnded: (workerId, { reason, cause }: Death) => dispatch("workerexit", { workerId, reason, cause }),
    callSent: (job, index, attempt, workerId) =>
      dispatch("taskstart", { task: taskName(job.task), index, workerId, attempt }),
    callEnded: ({ job, index, outcome, workerId }) =>
      dispatch("taskend", { task: taskName(job.task), index, workerId, outcome }),
    drained: () => dispatch("drain", null),
  };
}
