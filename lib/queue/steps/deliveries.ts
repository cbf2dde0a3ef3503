/**
 * How an item is delivered to a thread and acknowledged by it, step by step.
 *
 * ```
 *   take         PENDING = row, ticket, TAKEN + 1, then HEAD moves     under the lock of the consumers
 *   acknowledge  DONE + 1                                                one step, by the owner of the row alone
 *   death        before HEAD moved: the next consumer takes the same item, and undoes TAKEN
 *                after HEAD moved: the next consumer, or `takeLost`, lists the tickets as lost
 * ```
 *
 * An item is unfinished exactly if it was put and no row has counted it in DONE. No other count exists that could
 * differ from this after a death: the one step `DONE + 1` has happened or not.
 *
 * @module
 */
import { DONE, type Frame, jump, type Outcome } from "../../shared/steps/step.ts";
import { DeliveryStage, type DeliveryWords, Row, rowOf, sizeOf, ticketAt, unsettled, Word } from "./delivery_words.ts";
import { listLost, undo } from "./lost_deliveries.ts";

export { DeliveryStage, type DeliveryWords, Row, sizeOf, Word } from "./delivery_words.ts";
export { collect, diedHolding } from "./lost_deliveries.ts";

/**
 * Delivers an item to this thread: the last part of a take, before HEAD moves. Starts at `DeliveryStage.UNDO`. Ends as
 * `CORRUPT` if PENDING is no row.
 */
export function take(deliveries: DeliveryWords, frame: Frame, ticket: number): Outcome {
  const { words } = deliveries;
  const mine = rowOf(deliveries, frame.me);
  switch (frame.pc) {
    case DeliveryStage.OWNER:
      // Another thread that used this row is dead: otherwise this thread would not have got an id for it.
      return jump(frame, words.load(mine + Row.OWNER) === frame.me ? DeliveryStage.PENDING : DeliveryStage.LIST_DONE);
    case DeliveryStage.SET_OWNER:
      words.store(mine + Row.OWNER, frame.me);
      return jump(frame, DeliveryStage.PENDING);
    case DeliveryStage.PENDING:
      words.store(Word.PENDING, mine);
      return jump(frame, DeliveryStage.TAKEN);
    case DeliveryStage.TAKEN:
      frame.seen = words.load(mine + Row.TAKEN);
      return jump(frame, DeliveryStage.TAKE_TICKET);
    case DeliveryStage.TAKE_TICKET:
      words.store(ticketAt(deliveries, mine, frame.seen), ticket);
      return jump(frame, DeliveryStage.TAKE_COUNT);
    case DeliveryStage.TAKE_COUNT:
      words.add(mine + Row.TAKEN, 1);
      return DONE;
    default:
      if (frame.pc < DeliveryStage.OWNER) return undo(deliveries, frame, ticket, DeliveryStage.OWNER);
      return listLost(deliveries, frame, mine, DeliveryStage.SET_OWNER);
  }
}

/**
 * Returns how many items are acknowledged or lost. The counts change while they are summed: the result is at least the
 * number at the beginning of the sum, and at most the number at its end.
 */
export function doneCount(deliveries: DeliveryWords): number {
  let sum = 0;
  for (let row = 1; row < deliveries.rows; row++) {
    sum += deliveries.words.load(deliveries.first + row * sizeOf(deliveries) + Row.DONE);
  }
  return sum;
}

/** Acknowledges all items that were delivered to this thread, in one step that others see. */
export function releaseAll(deliveries: DeliveryWords, frame: Frame): Outcome {
  const { words } = deliveries;
  const mine = rowOf(deliveries, frame.me);
  switch (frame.pc) {
    case 0:
      return words.load(mine + Row.OWNER) === frame.me ? jump(frame, 1) : DONE;
    case 1:
      frame.seen = words.load(mine + Row.TAKEN);
      return jump(frame, 2);
    default:
      words.store(mine + Row.DONE, frame.seen);
      return DONE;
  }
}

/** Steps of {@linkcode releaseOne}. */
export const ReleaseOne = { LOAD_OWNER: 0, LOAD_DONE: 1, LOAD_TAKEN: 2, COUNT_DONE: 3 } as const;

/** Acknowledges the oldest item that was delivered to this thread: `frame.result` is 0, or 1 if there is none. */
export function releaseOne(deliveries: DeliveryWords, frame: Frame): Outcome {
  const { words } = deliveries;
  const mine = rowOf(deliveries, frame.me);
  switch (frame.pc) {
    case ReleaseOne.LOAD_OWNER:
      frame.result = 1;
      return words.load(mine + Row.OWNER) === frame.me ? jump(frame, ReleaseOne.LOAD_DONE) : DONE;
    case ReleaseOne.LOAD_DONE:
      frame.seen = words.load(mine + Row.DONE);
      return jump(frame, ReleaseOne.LOAD_TAKEN);
    case ReleaseOne.LOAD_TAKEN:
      return unsettled(words.load(mine + Row.TAKEN), frame.seen) > 0 ? jump(frame, ReleaseOne.COUNT_DONE) : DONE;
    default:
      frame.result = 0;
      words.add(mine + Row.DONE, 1);
      return DONE;
  }
}
