/**
 * The steps that undo or list as lost the deliveries of dead threads.
 *
 * ```
 * the thread died before HEAD moved:   its delivery never happened: TAKEN - 1       undo
 * the thread died after HEAD moved:    its deliveries are lost: ticket -> list,     listLost
 *                                      then DONE + 1, one after the other
 * ```
 *
 * All of it runs under the lock of the consumers. If the thread that runs it dies in the middle, the next thread finds the
 * same PENDING or the same DONE and continues there, so no delivery is skipped. The list could get one item twice, if the
 * death falls between the entry in the list and DONE + 1, so step `NAMED` compares the item with the last entry.
 *
 * @module
 */
import { CONTINUE, DONE, end, type Frame, jump, type Outcome, Result } from "../../shared/steps/step.ts";
import {
  DeliveryStage,
  type DeliveryWords,
  isGone,
  isPlace,
  Place,
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
  switch (frame.pc) {
    case DeliveryStage.UNDO:
      frame.d = words.load(Word.PENDING);
      if (frame.d === 0) return jump(frame, then);
      return isPlace(deliveries, frame.d) ? jump(frame, DeliveryStage.UNDO_TAKEN) : end(frame, Result.CORRUPT);
    case DeliveryStage.UNDO_TAKEN:
      frame.e = words.load(frame.d + Place.TAKEN);
      return jump(frame, DeliveryStage.UNDO_DONE);
    case DeliveryStage.UNDO_DONE:
      return jump(frame, unsettled(frame.e, words.load(frame.d + Place.DONE)) > 0 ? DeliveryStage.UNDO_TICKET : then);
    case DeliveryStage.UNDO_TICKET: {
      const ticket = words.load(ticketAt(deliveries, frame.d, frame.e - 1));
      return jump(frame, ticket === next ? DeliveryStage.UNDO_COUNT : DeliveryStage.UNDONE);
    }
    case DeliveryStage.UNDO_COUNT:
      words.add(frame.d + Place.TAKEN, -1);
      return jump(frame, DeliveryStage.UNDONE);
    default:
      words.store(Word.PENDING, 0);
      return jump(frame, then);
  }
}

/**
 * Moves the deliveries of a dead thread to the list of lost items, one after the other. Continues at `then`. A place has
 * room for the last tickets only: older deliveries are lost without an entry in the list.
 */
export function listLost(deliveries: DeliveryWords, frame: Frame, place: number, then: number): Outcome {
  const { words, list, listed, slots } = deliveries;
  switch (frame.pc) {
    case DeliveryStage.BURY:
      frame.seen = words.load(place + Place.DONE);
      return jump(frame, DeliveryStage.LEFT);
    case DeliveryStage.LEFT: {
      const count = unsettled(words.load(place + Place.TAKEN), frame.seen);
      if (count <= 0) return jump(frame, then);
      frame.d = count - (slots - 1);
      return jump(frame, frame.d > 0 ? DeliveryStage.SKIP : DeliveryStage.TICKET);
    }
    case DeliveryStage.SKIP:
      words.add(place + Place.DONE, frame.d);
      return jump(frame, DeliveryStage.BURY);
    case DeliveryStage.TICKET:
      frame.d = words.load(ticketAt(deliveries, place, frame.seen));
      return jump(frame, DeliveryStage.LOST);
    case DeliveryStage.LOST:
      frame.e = words.load(Word.LOST);
      return jump(frame, frame.e === 0 ? DeliveryStage.NAME : DeliveryStage.NAMED);
    case DeliveryStage.NAMED: {
      // The last thread that did this here may have died after it wrote the entry.
      const last = words.load(list + (frame.e - 1 >>> 0) % listed);
      return jump(frame, last === frame.d ? DeliveryStage.RELEASE : DeliveryStage.NAME);
    }
    case DeliveryStage.NAME:
      words.store(list + (frame.e >>> 0) % listed, frame.d);
      return jump(frame, DeliveryStage.COUNT);
    case DeliveryStage.COUNT:
      words.store(Word.LOST, frame.e + 1);
      return jump(frame, DeliveryStage.RELEASE);
    default:
      words.add(place + Place.DONE, 1);
      return jump(frame, DeliveryStage.BURY);
  }
}

/** Moves the deliveries of all dead threads to the list of lost items. Starts at `DeliveryStage.UNDO`. */
export function collect(deliveries: DeliveryWords, frame: Frame, next: number): Outcome {
  const { words, places } = deliveries;
  // frame.b: number of the place that is being searched.
  const place = deliveries.first + frame.b * sizeOf(deliveries);
  switch (frame.pc) {
    case DeliveryStage.SCAN:
      if (++frame.b === places) return DONE;
      frame.pc = DeliveryStage.SCAN_DONE;
      return CONTINUE;
    case DeliveryStage.SCAN_DONE:
      frame.seen = words.load(place + Place.DONE);
      return jump(frame, DeliveryStage.SCAN_TAKEN);
    case DeliveryStage.SCAN_TAKEN: {
      const count = unsettled(words.load(place + Place.TAKEN), frame.seen);
      return jump(frame, count > 0 ? DeliveryStage.SCAN_OWNER : DeliveryStage.SCAN);
    }
    case DeliveryStage.SCAN_OWNER:
      return jump(frame, isGone(words, place) ? DeliveryStage.BURY : DeliveryStage.SCAN);
    default:
      return frame.pc < DeliveryStage.OWNER
        ? undo(deliveries, frame, next, DeliveryStage.SCAN)
        : listLost(deliveries, frame, place, DeliveryStage.SCAN);
  }
}

/** Tells whether the thread of this place died with an item delivered to it that is not settled. */
export function diedHolding({ words }: DeliveryWords, place: number): boolean {
  const done = words.load(place + Place.DONE);
  return unsettled(words.load(place + Place.TAKEN), done) > 0 && isGone(words, place);
}
