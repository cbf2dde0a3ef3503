/**
 * The interfaces between a slot (one worker, slot.ts) and its scheduler. `SlotOwner`: what a slot needs of the scheduler;
 * `OwnedSlot`: what the scheduler reads of a slot. They keep scheduler.ts and slot.ts from importing each other.
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
  /** Milliseconds from the signal of a task that is stopped to its stop by force. */
  readonly killGrace: number;
  /** Time limit of an initializer, in milliseconds. */
  readonly hookTimeout: number | undefined;
  /** Maximum number of calls that one worker runs. */
  readonly maxTasks: number;
  /** Milliseconds for which calls of a higher priority may go before those of a lower one. */
  readonly priorityAging: number;
  readonly counters: Counters;
  readonly abandoned: AbandonedWorkers;
  readonly observer: Observer | undefined;
  /** There may be room for more calls: in `slot`, or, without one, because a worker may be started again. */
  capacityChanged(slot?: OwnedSlot): void;
  /** Puts calls that never started back into the backlog. */
  putBack(chunk: Chunk): void;
  /** Finds another worker for the calls that are bound to this one, which takes no new calls. */
  redistribute(slot: OwnedSlot): void;
  /** The runtime refused to start a worker; `othersLive`: whether other workers take calls. */
  startFailed(cause: unknown, othersLive: boolean): void;
  /** The worker has ended. */
  workerDied(slot: OwnedSlot, death: Death): void;
}
