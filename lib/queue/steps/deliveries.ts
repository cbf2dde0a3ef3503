/**
 * Whose hands an item is in, step by step.
 *
 * ```
 * place of a thread:  OWNER | TAKEN | DONE | tickets of the last that it took     in its hands: DONE ... TAKEN
 *
 *   take      PENDING = place, ticket, TAKEN + 1, then HEAD moves        under the lock of the consumers
 *   death     before HEAD moved: the next one takes the same item, and undoes TAKEN
 *             after: whoever looks moves the tickets of the dead to the list of the lost
 *   taskDone  DONE + 1                                                   one step, by the owner alone
 * ```
 *
 * TAKEN and DONE of a place count on for ever: what was put and is in no DONE is unfinished. Nothing else counts, so a
 * thread that dies has done an item or not.
 *
 * @module
 */
import { CONTINUE, DONE, type Frame, jump, type Outcome, OwnerStatus, type Words } from "../../shared/steps/step.ts";

/** Words of the control memory. */
export const Word = { PENDING: 11, LOST: 12 } as const;
/** Words of a place; its tickets follow. */
export const Place = { OWNER: 0, TAKEN: 1, DONE: 2, TICKETS: 3 } as const;

/** The hands of all threads. */
export interface DeliveryWords {
  readonly words: Words;
  /** First place, and how many. */
  readonly first: number;
  readonly places: number;
  /** Tickets in a place, a power of two. The last may be of a take that was not finished: one less is told by name. */
  readonly slots: number;
  /** Where the list of the lost is, and how long. */
  readonly list: number;
  readonly listed: number;
}

/** Places of {@linkcode take} and {@linkcode collect}. */
export const DeliveryStage = {
  UNDO: 32,
  UNDO_TAKEN: 33,
  UNDO_DONE: 34,
  UNDO_TICKET: 35,
  UNDO_COUNT: 36,
  UNDONE: 37,
  OWNER: 38,
  BURY: 39,
  LEFT: 40,
  TICKET: 41,
  LOST: 42,
  NAMED: 43,
  NAME: 44,
  COUNT: 45,
  RELEASE: 46,
  OWN: 47,
  PENDING: 48,
  TAKEN: 49,
  TAKE: 50,
  TAKES: 51,
  LOOK: 52,
  LOOK_DONE: 53,
  LOOK_TAKEN: 54,
  LOOK_GONE: 55,
} as const;

/** The size of a place. */
export const sizeOf = ({ slots }: Pick<DeliveryWords, "slots">): number => Place.TICKETS + slots;
const placeOf = (hands: DeliveryWords, owner: number): number =>
  hands.first + (owner & (hands.places - 1)) * sizeOf(hands);
// Counts wrap around.
const left = (taken: number, done: number): number => (taken - done) | 0;
const slot = (hands: DeliveryWords, place: number, count: number): number =>
  place + Place.TICKETS + (count & (hands.slots - 1));

/** A thread is about to take an item: from `Hand.UNDO`, before HEAD moves. */
export function take(hands: DeliveryWords, frame: Frame, ticket: number): Outcome {
  const { words } = hands;
  const mine = placeOf(hands, frame.me);
  switch (frame.pc) {
    case DeliveryStage.OWNER:
      // A thread that had this place before is dead, or it would not be free.
      return jump(frame, words.load(mine + Place.OWNER) === frame.me ? DeliveryStage.PENDING : DeliveryStage.BURY);
    case DeliveryStage.OWN:
      words.store(mine + Place.OWNER, frame.me);
      return jump(frame, DeliveryStage.PENDING);
    case DeliveryStage.PENDING:
      words.store(Word.PENDING, mine);
      return jump(frame, DeliveryStage.TAKEN);
    case DeliveryStage.TAKEN:
      frame.seen = words.load(mine + Place.TAKEN);
      return jump(frame, DeliveryStage.TAKE);
    case DeliveryStage.TAKE:
      words.store(slot(hands, mine, frame.seen), ticket);
      return jump(frame, DeliveryStage.TAKES);
    case DeliveryStage.TAKES:
      words.add(mine + Place.TAKEN, 1);
      return DONE;
    default:
      if (frame.pc < DeliveryStage.OWNER) return undo(hands, frame, ticket, DeliveryStage.OWNER);
      return bury(hands, frame, mine, DeliveryStage.OWN);
  }
}

// Who was last to begin a take died before HEAD moved: it has not got that item. `next` is nobody's ticket yet.
function undo(hands: DeliveryWords, frame: Frame, next: number, then: number): Outcome {
  const { words } = hands;
  switch (frame.pc) {
    case DeliveryStage.UNDO:
      frame.d = words.load(Word.PENDING);
      return jump(frame, frame.d === 0 ? then : DeliveryStage.UNDO_TAKEN);
    case DeliveryStage.UNDO_TAKEN:
      frame.e = words.load(frame.d + Place.TAKEN);
      return jump(frame, DeliveryStage.UNDO_DONE);
    case DeliveryStage.UNDO_DONE:
      return jump(frame, left(frame.e, words.load(frame.d + Place.DONE)) > 0 ? DeliveryStage.UNDO_TICKET : then);
    case DeliveryStage.UNDO_TICKET:
      return jump(
        frame,
        words.load(slot(hands, frame.d, frame.e - 1)) === next ? DeliveryStage.UNDO_COUNT : DeliveryStage.UNDONE,
      );
    case DeliveryStage.UNDO_COUNT:
      words.add(frame.d + Place.TAKEN, -1);
      return jump(frame, DeliveryStage.UNDONE);
    default:
      words.store(Word.PENDING, 0);
      return jump(frame, then);
  }
}

// Moves what a dead thread had in its hands to the list.
function bury(hands: DeliveryWords, frame: Frame, place: number, then: number): Outcome {
  const { words, list, listed, slots } = hands;
  switch (frame.pc) {
    case DeliveryStage.BURY:
      frame.seen = words.load(place + Place.DONE);
      return jump(frame, DeliveryStage.LEFT);
    case DeliveryStage.LEFT: {
      const count = left(words.load(place + Place.TAKEN), frame.seen);
      if (count <= 0) return jump(frame, then);
      // Of more than are kept, the oldest have no name; consecutive ones differ, all the same.
      frame.d = -1 - (frame.seen & (slots - 1));
      return jump(frame, count < slots ? DeliveryStage.TICKET : DeliveryStage.LOST);
    }
    case DeliveryStage.TICKET:
      frame.d = words.load(slot(hands, place, frame.seen));
      return jump(frame, DeliveryStage.LOST);
    case DeliveryStage.LOST:
      frame.e = words.load(Word.LOST);
      return jump(frame, frame.e === 0 ? DeliveryStage.NAME : DeliveryStage.NAMED);
    case DeliveryStage.NAMED:
      // The last one that buried here may have died in between.
      return jump(
        frame,
        words.load(list + (frame.e - 1) % listed) === frame.d ? DeliveryStage.RELEASE : DeliveryStage.NAME,
      );
    case DeliveryStage.NAME:
      words.store(list + frame.e % listed, frame.d);
      return jump(frame, DeliveryStage.COUNT);
    case DeliveryStage.COUNT:
      words.store(Word.LOST, frame.e + 1);
      return jump(frame, DeliveryStage.RELEASE);
    default:
      words.add(place + Place.DONE, 1);
      return jump(frame, DeliveryStage.BURY);
  }
}

/** Moves what the dead had in their hands to the list: from `Hand.UNDO`, under the lock of the consumers. */
export function collect(hands: DeliveryWords, frame: Frame, next: number): Outcome {
  const { words, places } = hands;
  // frame.b: the place that is looked at.
  const place = hands.first + frame.b * sizeOf(hands);
  switch (frame.pc) {
    case DeliveryStage.LOOK:
      // Place 0 is nobody's.
      if (++frame.b === places) return DONE;
      frame.pc = DeliveryStage.LOOK_DONE;
      return CONTINUE;
    case DeliveryStage.LOOK_DONE:
      frame.seen = words.load(place + Place.DONE);
      return jump(frame, DeliveryStage.LOOK_TAKEN);
    case DeliveryStage.LOOK_TAKEN:
      return jump(
        frame,
        left(words.load(place + Place.TAKEN), frame.seen) > 0 ? DeliveryStage.LOOK_GONE : DeliveryStage.LOOK,
      );
    case DeliveryStage.LOOK_GONE:
      return jump(frame, isGone(words, place) ? DeliveryStage.BURY : DeliveryStage.LOOK);
    default:
      return frame.pc < DeliveryStage.OWNER
        ? undo(hands, frame, next, DeliveryStage.LOOK)
        : bury(hands, frame, place, DeliveryStage.LOOK);
  }
}

// One step: an owner word changes only after its thread is gone.
function isGone(words: Words, place: number): boolean {
  const owner = words.load(place + Place.OWNER);
  return owner !== 0 && words.ownerStatus(owner) === OwnerStatus.GONE;
}

/** How many items were done or lost: a sum that is as low as it was at first, and as high as it is at last. */
export function doneCount(hands: DeliveryWords): number {
  let sum = 0;
  for (let place = 1; place < hands.places; place++) {
    sum += hands.words.load(hands.first + place * sizeOf(hands) + Place.DONE);
  }
  return sum;
}

/** Whether the thread of this place died with something in its hands. */
export function diedHolding({ words }: DeliveryWords, place: number): boolean {
  const done = words.load(place + Place.DONE);
  return left(words.load(place + Place.TAKEN), done) > 0 && isGone(words, place);
}

/** The thread has done all that it took: one step that others see. */
export function releaseAll(hands: DeliveryWords, frame: Frame): Outcome {
  const { words } = hands;
  const mine = placeOf(hands, frame.me);
  switch (frame.pc) {
    case 0:
      return words.load(mine + Place.OWNER) === frame.me ? jump(frame, 1) : DONE;
    case 1:
      frame.seen = words.load(mine + Place.TAKEN);
      return jump(frame, 2);
    default:
      words.store(mine + Place.DONE, frame.seen);
      return DONE;
  }
}

/** The thread has done the oldest that it took; `frame.result` 0 if it had one, 1 if not. */
export function releaseOne(hands: DeliveryWords, frame: Frame): Outcome {
  const { words } = hands;
  const mine = placeOf(hands, frame.me);
  switch (frame.pc) {
    case 0:
      frame.result = 1;
      return words.load(mine + Place.OWNER) === frame.me ? jump(frame, 1) : DONE;
    case 1:
      frame.seen = words.load(mine + Place.DONE);
      return jump(frame, 2);
    case 2:
      return left(words.load(mine + Place.TAKEN), frame.seen) > 0 ? jump(frame, 3) : DONE;
    default:
      frame.result = 0;
      words.add(mine + Place.DONE, 1);
      return DONE;
  }
}
