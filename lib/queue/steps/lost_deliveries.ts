/**
 * The steps that undo or list as lost the deliveries of dead threads. The words of a row (TAKEN, DONE, tickets) are in
 * delivery_words.ts. A ticket is the number of an item; HEAD, which belongs to the ring, is the next ticket to take.
 *
 * ```
 * the thread died before HEAD moved:   its delivery never happened: TAKEN - 1       undo
 * the thread died after HEAD moved:    its deliveries are lost: ticket -> list,     listLost
 *                                      then DONE + 1, one after the other
 * ```
 *
 * All of it runs under the lock of the consumers. If the thread that runs it dies in the middle, the next thread finds the
 * same PENDING or the same DONE and continues there, so no delivery is skipped. The list could get one item twice, if the
 * death falls between the entry in the list and DONE + 1, so step `LIST_LAST_ENTRY` compares the item with the last entry.
 *
 * @module
 */
import { CONTINUE, DONE, end, type Frame, jump, type Outcome, Result } from "../../shared/steps/step.ts";
import {
  DeliveryStage,
  type DeliveryWords,
  isGone,
  isRow,
  Row,
  sizeOf,
  ticketAt,
  unsettled,
  Word,
} from "./delivery_words.ts";

/**
 * Undoes the delivery that began last, if its thread died before HEAD moved. It did so exactly if the ticket of that
 * delivery is `next`, the ticket that no thread has taken yet. Continues at `then`, or ends as `CORRUPT`.
 */
export function undo(deliveries: DeliveryWords, frame: Frame, next: number, then: number): Outcome {
  const { words } = deliveries;
  // frame.d: the row whose delivery began last; frame.e: its TAKEN.
  switch (frame.pc) {
    case DeliveryStage.UNDO:
      frame.d = words.load(Word.PENDING);
      if (frame.d === 0) return jump(frame, then);
      return isRow(deliveries, frame.d) ? jump(frame, DeliveryStage.UNDO_TAKEN) : end(frame, Result.CORRUPT);
    case DeliveryStage.UNDO_TAKEN:
      frame.e = words.load(frame.d + Row.TAKEN);
      return jump(frame, DeliveryStage.UNDO_DONE);
    case DeliveryStage.UNDO_DONE:
      return jump(frame, unsettled(frame.e, words.load(frame.d + Row.DONE)) > 0 ? DeliveryStage.UNDO_TICKET : then);
    case DeliveryStage.UNDO_TICKET: {
      const ticket = words.load(ticketAt(deliveries, frame.d, frame.e - 1));
      return jump(frame, ticket === next ? DeliveryStage.UNDO_COUNT : DeliveryStage.UNDONE);
    }
    case DeliveryStage.UNDO_COUNT:
      words.add(frame.d + Row.TAKEN, -1);
      return jump(frame, DeliveryStage.UNDONE);
    default:
      words.store(Word.PENDING, 0);
      return jump(frame, then);
  }
}

/**
 * Moves the deliveries of a dead thread to the list of lost items, one after the other. Continues at `then`. A row has
 * room for the last tickets only: older deliveries are lost without an entry in the list.
 */
export function listLost(deliveries: DeliveryWords, frame: Frame, row: number, then: number): Outcome {
  const { words, list, listed, slots } = deliveries;
  // frame.seen: DONE; frame.d: how many tickets are overwritten, then the ticket to list; frame.e: LOST.
  switch (frame.pc) {
    case DeliveryStage.LIST_DONE:
      frame.seen = words.load(row + Row.DONE);
      return jump(frame, DeliveryStage.LIST_TAKEN);
    case DeliveryStage.LIST_TAKEN: {
      const count = unsettled(words.load(row + Row.TAKEN), frame.seen);
      if (count <= 0) return jump(frame, then);
      frame.d = count - (slots - 1);
      return jump(frame, frame.d > 0 ? DeliveryStage.LIST_OVERWRITTEN : DeliveryStage.LIST_TICKET);
    }
    case DeliveryStage.LIST_OVERWRITTEN:
      words.add(row + Row.DONE, frame.d);
      return jump(frame, DeliveryStage.LIST_DONE);
    case DeliveryStage.LIST_TICKET:
      frame.d = words.load(ticketAt(deliveries, row, frame.seen));
      return jump(frame, DeliveryStage.LIST_LOST);
    case DeliveryStage.LIST_LOST:
      frame.e = words.load(Word.LOST);
      return jump(frame, frame.e === 0 ? DeliveryStage.LIST_ENTRY : DeliveryStage.LIST_LAST_ENTRY);
    case DeliveryStage.LIST_LAST_ENTRY: {
      // The last thread that did this here may have died after it wrote the entry.
      const last = words.load(list + (frame.e - 1 >>> 0) % listed);
      return jump(frame, last === frame.d ? DeliveryStage.LIST_SETTLE : DeliveryStage.LIST_ENTRY);
    }
    case DeliveryStage.LIST_ENTRY:
      words.store(list + (frame.e >>> 0) % listed, frame.d);
      return jump(frame, DeliveryStage.LIST_ENTRY_COUNT);
    case DeliveryStage.LIST_ENTRY_COUNT:
      words.store(Word.LOST, frame.e + 1);
      return jump(frame, DeliveryStage.LIST_SETTLE);
    default:
      words.add(row + Row.DONE, 1);
      return jump(frame, DeliveryStage.LIST_DONE);
  }
}

/** Moves the deliveries of all dead threads to the list of lost items. Starts at `DeliveryStage.UNDO`. */
export function collect(deliveries: DeliveryWords, frame: Frame, next: number): Outcome {
  const { words, rows } = deliveries;
  // frame.b: number of the row that is being searched.
  const row = deliveries.first + frame.b * sizeOf(deliveries);
  switch (frame.pc) {
    case DeliveryStage.SCAN:
      if (++frame.b === rows) return DONE;
      frame.pc = DeliveryStage.SCAN_DONE;
      return CONTINUE;
    case DeliveryStage.SCAN_DONE:
      frame.seen = words.load(row + Row.DONE);
      return jump(frame, DeliveryStage.SCAN_TAKEN);
    case DeliveryStage.SCAN_TAKEN: {
      const count = unsettled(words.load(row + Row.TAKEN), frame.seen);
      return jump(frame, count > 0 ? DeliveryStage.SCAN_OWNER : DeliveryStage.SCAN);
    }
    case DeliveryStage.SCAN_OWNER:
      return jump(frame, isGone(words, row) ? DeliveryStage.LIST_DONE : DeliveryStage.SCAN);
    default:
      return frame.pc < DeliveryStage.OWNER
        ? undo(deliveries, frame, next, DeliveryStage.SCAN)
        : listLost(deliveries, frame, row, DeliveryStage.SCAN);
  }
}

/** Returns whether the thread of this row died with an item delivered to it that is not settled. */
export function diedHolding({ words }: DeliveryWords, row: number): boolean {
  const done = words.load(row + Row.DONE);
  return unsettled(words.load(row + Row.TAKEN), done) > 0 && isGone(words, row);
}
