/**
 * The shared words in which a queue records deliveries: which thread has taken which item.
 *
 * ```
 * place of a thread:  OWNER | TAKEN | DONE | tickets of the last items that it took
 *
 *   OWNER   id of the thread that uses the place; its low bits are the number of the place
 *   TAKEN   how many items were delivered to this place
 *   DONE    how many of them are settled: acknowledged, or lost
 *   ticket  of delivery number n, at TICKETS + n modulo the number of slots
 *
 * delivered and not settled:  deliveries number DONE ... TAKEN - 1
 * ```
 *
 * TAKEN and DONE only grow, over all threads that use the place one after the other. They wrap around at 32 bits.
 *
 * @module
 */
import { OwnerStatus, type Words } from "../../shared/steps/step.ts";

/**
 * Words of the control memory that all places share. PENDING: first word of the place whose delivery began last, 0 once
 * that delivery is known to be complete or undone. LOST: how many lost items were listed so far.
 */
export const Word = { PENDING: 11, LOST: 12 } as const;
/** Words of a place. */
export const Place = { OWNER: 0, TAKEN: 1, DONE: 2, TICKETS: 3 } as const;

/** The memory of all deliveries of a queue. */
export interface DeliveryWords {
  readonly words: Words;
  /** First word of place 0, which belongs to no thread. */
  readonly first: number;
  /** Number of places, a power of two. */
  readonly places: number;
  /**
   * Number of tickets in a place, a power of two. A delivery that a death cut short may have overwritten the oldest
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
  // Claim the thread's place; list the items that its dead owner had.
  OWNER: 38,
  BURY: 39,
  LEFT: 40,
  SKIP: 41,
  TICKET: 42,
  LOST: 43,
  NAMED: 44,
  NAME: 45,
  COUNT: 46,
  RELEASE: 47,
  OWN: 48,
  // Write the delivery.
  PENDING: 49,
  TAKEN: 50,
  TAKE: 51,
  TAKE_COUNT: 52,
  // Search all places for dead owners.
  SCAN: 53,
  SCAN_DONE: 54,
  SCAN_TAKEN: 55,
  SCAN_OWNER: 56,
} as const;

/** Returns the number of words of a place. */
export const sizeOf = ({ slots }: Pick<DeliveryWords, "slots">): number => Place.TICKETS + slots;

/** Returns the first word of the place of a thread. */
export const placeOf = (deliveries: DeliveryWords, owner: number): number =>
  deliveries.first + (owner & (deliveries.places - 1)) * sizeOf(deliveries);

/** Tells whether a word is the first of a place of a thread. */
export function isPlace(deliveries: DeliveryWords, word: number): boolean {
  const offset = word - deliveries.first, size = sizeOf(deliveries);
  return offset > 0 && offset < deliveries.places * size && offset % size === 0;
}

/** Returns the number of deliveries that are not settled. The counts wrap around. */
export const unsettled = (taken: number, done: number): number => (taken - done) | 0;

/** Returns the word for the ticket of a delivery. */
export const ticketAt = (deliveries: DeliveryWords, place: number, count: number): number =>
  place + Place.TICKETS + (count & (deliveries.slots - 1));

/** Tells whether the thread of a place has ended. One load decides: OWNER changes only after its thread is gone. */
export function isGone(words: Words, place: number): boolean {
  const owner = words.load(place + Place.OWNER);
  return owner !== 0 && words.ownerStatus(owner) === OwnerStatus.GONE;
}
