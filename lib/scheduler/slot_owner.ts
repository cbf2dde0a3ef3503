/**
 * What a slot needs of its scheduler.
 *
 * @module
 */
import type { Death } from "../transport/transport.ts";
import type { AbandonedWorkers } from "./abandoned_workers.ts";
import type { Slot } from "./slot.ts";
import type { Counters, Observer } from "./counters.ts";
import type { Chunk } from "./job.ts";

/** What a slot tells its scheduler, and what it must know from it. */
export interface SlotOwner {
  readonly killGrace: number;
  /** Longest run of an initializer, in milliseconds. */
  readonly hookTimeout: number | undefined;
  /** Calls that a worker takes in its life. */
  readonly maxTasks: number;
  readonly counters: Counters;
  readonly abandoned: AbandonedWorkers;
  readonly observer: Observer | undefined;
  /** The slot may have room. */
  slotChanged(slot: Slot): void;
  /** Calls that never started come back. */
  putBack(chunk: Chunk): void;
  /** What waits for this slot alone cannot have it any more. */
  redistribute(slot: Slot): void;
  /** The worker is gone. */
  workerDied(slot: Slot, death: Death): void;
}
