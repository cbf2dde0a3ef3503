/**
 * The shared words in which a queue records deliveries: which thread has taken which item.
 *
 * ```
 * row of a thread:  OWNER | TAKEN | DONE | tickets of the last items that it took
 *
 *   OWNER   id of the thread that uses the row; its low bits are the number of the row
 *   TAKEN   how many items were delivered to this row
 *   DONE    how many of them are settled: acknowledged, or lost
 *   ticket  of delivery number n, at TICKETS + n modulo the number of slots
 *
 * delivered and not settled:  deliveries number DONE ... TAKEN - 1
 * ```
 *
 * TAKEN and DONE only grow, over all threads that use the row one after the other. They wrap around at 32 bits.
 *
 * @module
 */
import { OwnerStatus, type Words } from "../../shared/steps/step.ts";

/**
 * Words of the control memory that all rows share. PENDING: first word of the row whose delivery began last, 0 once
 * that delivery is known to be complete or undone. LOST: how many lost items were listed so far.
 */
export const Word = { PENDING: 11, LOST: 12 } as const;
/** Words of a row. */
export const Row = { OWNER: 0, TAKEN: 1, DONE: 2, TICKETS: 3 } as const;

/** The memory of all deliveries of a queue. */
export interface DeliveryWords {
  readonly words: Words;
  /** First word of row 0, which belongs to no thread. */
  readonly first: number;
  /** Number of rows, a power of two. */
  readonly rows: number;
  /**
   * Number of tickets in a row, a power of two. A delivery that a death cut short may have overwritten the oldest
   * ticket, so `listLost` lists one item less.
   */
  readonly slots: number;
  /** First word of the list of lost items. */
  readonly list: number;
  /** Maximum length of that list. */
  readonly listed: number;
}

/** Values of `frame.pc` in the machines that take an item and that collect lost items. */
export const DeliveryStage = {
  // Undo the delivery that a death cut short.
  UNDO: 32,
  UNDO_TAKEN: 33,
  UNDO_DONE: 34,
  UNDO_TICKET: 35,
  UNDO_COUNT: 36,
  UNDONE: 37,
  // Read the owner of the thread's row.
  OWNER: 38,
  // List the deliveries of a row as lost: one turn for each, until DONE has reached TAKEN.
  LIST_DONE: 39,
  LIST_TAKEN: 40,
  LIST_OVERWRITTEN: 41,
  LIST_TICKET: 42,
  LIST_LOST: 43,
  LIST_LAST_ENTRY: 44,
  LIST_ENTRY: 45,
  LIST_ENTRY_COUNT: 46,
  LIST_SETTLE: 47,
  // Claim the row.
  SET_OWNER: 48,
  // Write the delivery.
  PENDING: 49,
  TAKEN: 50,
  TAKE_TICKET: 51,
  TAKE_COUNT: 52,
  // Search all rows for dead owners.
  SCAN: 53,
  SCAN_DONE: 54,
  SCAN_TAKEN: 55,
  SCAN_OWNER: 56,
} as const;

/** Returns the number of words of a row. */
export const sizeOf = ({ slots }: Pick<DeliveryWords, "slots">): number => Row.TICKETS + slots;

/** Returns the first word of the row of a thread. */
export const rowOf = (deliveries: DeliveryWords, owner: number): number =>
  deliveries.first + (owner & (deliveries.rows - 1)) * sizeOf(deliveries);

/** Returns whether a word is the first of a row of a thread. */
export function isRow(deliveries: DeliveryWords, word: number): boolean {
  const offset = word - deliveries.first, size = sizeOf(deliveries);
  return offset > 0 && offset < deliveries.rows * size && offset % size === 0;
}

/** Returns the number of deliveries that are not settled. The counts wrap around. */
export const unsettled = (taken: number, done: number): number => (taken - done) | 0;

/** Returns the word for the ticket of a delivery. */
export const ticketAt = (deliveries: DeliveryWords, row: number, count: number): number =>
  row + Row.TICKETS + (count & (deliveries.slots - 1));

/** Returns whether the thread of a row has ended. One load decides: OWNER changes only after its thread is gone. */
export function isGone(words: Words, row: number): boolean {
  const owner = words.load(row + Row.OWNER);
  return owner !== 0 && words.ownerStatus(owner) === OwnerStatus.GONE;
}
