/**
 * The layout of a queue's control memory: which 32-bit word holds what.
 *
 * ```
 *  0        HEAD      position of the next record to take         \ the ring: shared/steps/mpmc_ring.ts
 *  1        TAIL      position of the next record to put          /
 *  2        lock of the producers
 *  3        lock of the consumers
 *  4,  5    PUT       where the next record is written            \
 *  6,  7    TAKE      where the next record is read                |  the paged log: steps/paged_log.ts
 *  8 - 10   FIRST, LAST, PAGES                                    /
 * 11        PENDING   row of the delivery that began last       \  deliveries: steps/deliveries.ts
 * 12        LOST      how many lost items were listed so far      /
 * 13        READ      how many of those `takeLost` has returned
 * 14 - 31   free for the object that is built on the channel
 * 32 ...    table of pages, then the rows of the threads, then the list of lost items
 * ```
 *
 * One file has all of it, because the parts share one memory: two parts that claimed the same word would corrupt each
 * other without an error.
 *
 * @module
 */
import type { SharedWords } from "../shared/memory.ts";
import { RING_WORDS } from "../shared/steps/mpmc_ring.ts";
import { type DeliveryWords, sizeOf } from "./steps/delivery_words.ts";

/** Words with one number or one lock. */
export const Control = {
  HEAD: 0,
  TAIL: 1,
  PUT_LOCK: RING_WORDS,
  TAKE_LOCK: RING_WORDS + 1,
  READ: 13,
  /** First of the words that the object built on the channel may use. */
  FREE: 14,
  PAGE_TABLE: 32,
} as const;

/** Maximum number of pages: 1 GiB of unread messages. */
export const MAX_PAGES: number = 1 << 14;

/** Number of rows, one for each thread that takes. Row 0 belongs to no thread. */
export const ROWS = 1024;
/**
 * Number of tickets that a row keeps (steps/delivery_words.ts). A thread that dies during a take may have overwritten its
 * oldest ticket, so `takeLost` returns at most one ticket less.
 */
const SLOTS = 16;
/** Number of words of a row. */
export const ROW_SIZE: number = sizeOf({ slots: SLOTS });
/** First word of the rows. */
export const FIRST_ROW: number = Control.PAGE_TABLE + MAX_PAGES;
/** First word of the list of lost items. */
export const LOST_LIST: number = FIRST_ROW + ROWS * ROW_SIZE;
/** Maximum length of the list of lost items. */
export const MAX_LISTED = 1024;

/** Number of words of the control memory: 148 KB. */
export const CONTROL_WORDS: number = LOST_LIST + MAX_LISTED;

/** Returns the part of the control memory that the steps of deliveries work on. */
export function deliveryWords(words: SharedWords): DeliveryWords {
  return { words, first: FIRST_ROW, rows: ROWS, slots: SLOTS, list: LOST_LIST, listed: MAX_LISTED };
}
