/**
 * What a slot needs of its scheduler.
 *
 * @module
 */
import type { Death } from "../transport/transport.ts";
import type { Abandoned } from "./abandoned.ts";
import type { Slot } from "./slot.ts";
import type { Observer, Tally } from "./tally.ts";
import type { Chunk } from "./work.ts";

/** What a slot tells its scheduler, and what it must know from it. */
export interface SlotOwner {
  readonly killGrace: number;
  /** Longest run of an initializer, in milliseconds. */
  readonly hookTimeout: number | undefined;
  /** Calls that a worker takes in its life. */
  readonly maxTasks: number;
  readonly tally: Tally;
  readonly abandoned: Abandoned;
  readonly observer: Observer | undefined;
  /** The slot may have room. */
  moved(slot: Slot): void;
  /** Calls that never started come back. */
  putBack(chunk: Chunk): void;
  /** What waits for this slot alone cannot have it any more. */
  rehome(slot: Slot): void;
  /** The worker is gone. */
  died(slot: Slot, death: Death): void;
}
