/**
 * The words of a condition, and the phases of a slot. condition.ts has the picture, and the steps of a waiter;
 * condition_notify.ts has the steps of a notification.
 *
 * @module
 */

/** Word of the next ticket. */
export const NEXT = 0;
/** Word of a slot: `owner << 2 | phase`, or 0. */
export const STATE = (slot: number): number => 1 + slot * 2;
/** Word of the ticket of a slot: its position in the order of arrival. */
export const TICKET = (slot: number): number => 2 + slot * 2;

/** Returns how many words a condition with `slots` slots takes. */
export const conditionWords = (slots: number): number => 1 + slots * 2;

/** Phases of a slot. */
export const Phase = { WAITING: 1, NOTIFIED: 2, LEFT: 3 } as const;
/** Bits of the phase. */
export const PHASE = 3;
