/**
 * What a pool tells whoever listens. Nothing is made while nobody does.
 *
 * @module
 */
import type { DeathReason } from "../core/errors.ts";
import type { Death } from "../transport/transport.ts";
import type { Observer } from "../scheduler/counters.ts";
import type { Job } from "../scheduler/job.ts";

/** What a {@linkcode PoolEventMap} event of a worker says. */
export interface WorkerEventDetail {
  /** Id of the worker, unique in its pool. */
  readonly workerId: number;
  /** How it ended; only with `workerexit`. */
  readonly reason?: DeathReason | "initializer" | "finalizer";
  /** What it died of, where that is known. */
  readonly cause?: unknown;
}

/** What a {@linkcode PoolEventMap} event of a task says. */
export interface TaskEventDetail {
  /** Name of the task. */
  readonly task: string;
  /** Position among the items of a map; 0 for a single call. */
  readonly index: number;
  /** The worker that was given the call. */
  readonly workerId: number;
  /** Which attempt it is, from 1; only with `taskstart`. */
  readonly attempt?: number;
  /** How the attempt ended; only with `taskend`. */
  readonly outcome?: "fulfilled" | "rejected" | "cancelled";
}

/** The events of a pool, by name. */
export interface PoolEventMap {
  /** A worker takes calls. */
  workerstart: CustomEvent<WorkerEventDetail>;
  /** A worker has ended, however. */
  workerexit: CustomEvent<WorkerEventDetail>;
  /** A worker was given a call; short ones are given some milliseconds ahead. */
  taskstart: CustomEvent<TaskEventDetail>;
  /** An attempt of a call has ended; comes before its future settles. */
  taskend: CustomEvent<TaskEventDetail>;
  /** Nothing is left to do. */
  drain: CustomEvent<null>;
}

/** Makes events of what a scheduler tells. */
export function observe(target: EventTarget): Observer {
  const tell = <K extends keyof PoolEventMap>(type: K, detail: PoolEventMap[K]["detail"]) =>
    void target.dispatchEvent(new CustomEvent(type, { detail }));
  return {
    workerStarted: (workerId) => tell("workerstart", { workerId }),
    workerEnded: (workerId, { reason, cause }: Death) => tell("workerexit", { workerId, reason, cause }),
    callSent: (work, index, attempt, workerId) => tell("taskstart", { task: nameOf(work), index, workerId, attempt }),
    callEnded: (work, index, outcome, workerId) => tell("taskend", { task: nameOf(work), index, workerId, outcome }),
    drained: () => tell("drain", null),
  };
}

function nameOf({ task: { source, localFunction: local } }: Job): string {
  return "name" in source ? source.name : local?.name || "(anonymous)";
}
