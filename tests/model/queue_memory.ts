/**
 * The memory of the queue's programs.
 *
 * @module
 */
import { type DeliveryWords, sizeOf } from "../../lib/queue/steps/deliveries.ts";
import type { LogWords } from "../../lib/queue/steps/paged_log.ts";
import { RING_WORDS, type RingWords } from "../../lib/shared/steps/mpmc_ring.ts";
import type { Model } from "./world.ts";

/** The layout of production, with smaller tables. */
export const PUT_LOCK = RING_WORDS, TAKE_LOCK = PUT_LOCK + 1, HEAD = 0, TAIL = 1, LOST = 12;
export const TABLE = 14, TABLE_PAGES = 4, DELIVERIES = TABLE + TABLE_PAGES, MAX_ROWS = 8, SLOTS = 2;
export const LIST = DELIVERIES + MAX_ROWS * sizeOf({ slots: SLOTS }), LISTED = 4, DATA = LIST + LISTED;
/**
 * Ghosts, by ticket: the thread that has the item, and whether it has acknowledged the item; by thread: its last message.
 */
export const DELIVERED = 0, ACKNOWLEDGED = 8, LAST = 16;

/** The threads of a program: producers, then consumers, then threads that collect lost items. */
export interface QueueShape {
  /** Units of each message, by producer. */
  puts: number[][];
  /** How many items each consumer takes. */
  takes: number[];
  capacity?: number;
  /** Maximum number of pages, and the logarithm to base 2 of the units in a page. */
  pages?: number;
  shift?: number;
  closes?: boolean;
  /** Whether consumers acknowledge item by item, as those of a `JoinableQueue`, and only after their last take. */
  acknowledges?: boolean;
  /** How many threads collect lost items. */
  collects?: number;
  /** The last consumer starts with the row of the first one, once that one is dead. */
  reusesRow?: boolean;
  deaths?: number;
  quits?: number;
}

/** Returns the ring of a program. */
export const ringOf = (model: Model, { capacity = 4 }: QueueShape): RingWords => ({
  positions: model.at(0),
  putLock: model.at(PUT_LOCK),
  takeLock: model.at(TAKE_LOCK),
  capacity,
});

/** Returns the log of a program. */
export const logOf = (model: Model, { pages = TABLE_PAGES, shift = 0 }: QueueShape): LogWords => ({
  words: model.at(0),
  table: TABLE,
  pages,
  shift,
});

/** Returns the deliveries of a program. */
export const deliveriesOf = (model: Model, { reusesRow }: QueueShape): DeliveryWords => ({
  words: model.at(0),
  first: DELIVERIES,
  rows: reusesRow ? 2 : MAX_ROWS,
  slots: SLOTS,
  list: LIST,
  listed: LISTED,
});
