/**
 * `SlotOwner`: what a slot needs of its scheduler, and `OwnedSlot`: what the scheduler reads of a slot that reports to
 * it. Neither names the classes `Scheduler` and `Slot`, so that those two files do not import each other.
 *
 * @module
 */
import type { Death } from "../transport/transport.ts";
import type { AbandonedWorkers } from "./abandoned_workers.ts";
import type { Backlog } from "./backlog.ts";
import type { Counters } from "./counters.ts";
import type { Chunk, TaskEntry } from "./job.ts";
import type { Observer } from "./observers.ts";

/** A slot, as its scheduler sees it. */
export interface OwnedSlot {
  /** Id of the worker. */
  readonly id: number;
  /** Calls that have ended at this worker. */
  readonly ended: number;
  /** The task of a call that was lost when the worker died. */
  readonly lostTask: TaskEntry | undefined;
  /** Jobs and chunks that only this worker may run; `undefined` as long as there were none. */
  readonly boundBacklog: Backlog | undefined;
}

/** The scheduler, as a slot sees it. */
export interface SlotOwner {
  /** Milliseconds between a task's signal and force. */
  readonly killGrace: number;
  /** Longest run of an initializer, in milliseconds. */
  readonly hookTimeout: number | undefined;
  /** Calls that a worker takes in its life. */
  readonly maxTasks: number;
  /** Milliseconds for which calls of a higher priority may go before those of a lower one. */
  readonly priorityAging: number;
  readonly counters: Counters;
  readonly abandoned: AbandonedWorkers;
  readonly observer: Observer | undefined;
  /** There may be room for more calls: in `slot`, or, without one, because a worker may be started again. */
  capacityChanged(slot?: OwnedSlot): void;
  /** Takes calls back that never started. */
  putBack(chunk: Chunk): void;
  /** Finds another worker for what is bound to this one, which takes nothing new any more. */
  redistribute(slot: OwnedSlot): void;
  /** The runtime refused to start a worker; `othersLive`: whether other workers take calls. */
  startFailed(cause: unknown, othersLive: boolean): void;
  /** The worker has ended. */
  workerDied(slot: OwnedSlot, death: Death): void;
}
