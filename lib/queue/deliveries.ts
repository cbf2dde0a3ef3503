/**
 * Which consumer has which item in its hands, so that an item that died with its consumer can be named. The steps, and
 * the places of the threads, are those of steps/hands.ts; a place is found by its thread's id.
 *
 * @module
 */
import type { SharedWords } from "../shared/memory.ts";
import { DONE, Frame, type Outcome } from "../shared/steps/step.ts";
import { PAGES, TABLE } from "./paged_log.ts";
import {
  collect,
  DeliveryStage,
  type DeliveryWords,
  diedHolding,
  doneCount,
  releaseAll,
  releaseOne,
  sizeOf,
  take,
  Word,
} from "./steps/deliveries.ts";

const READ = 13;
const PLACES = 1024;
const SLOTS = 16;
const SIZE = sizeOf({ slots: SLOTS });
const FIRST_PLACE = TABLE + PAGES;
const LIST = FIRST_PLACE + PLACES * SIZE;
const LISTED = 1024;

/** How many words the control memory of a queue has. */
export const CONTROL_WORDS: number = LIST + LISTED;

/** The hands of all consumers of a queue. */
export class Deliveries {
  readonly #hands: DeliveryWords;
  readonly #words: SharedWords;

  constructor(words: SharedWords) {
    this.#words = words;
    this.#hands = { words, first: FIRST_PLACE, places: PLACES, slots: SLOTS, list: LIST, listed: LISTED };
  }

  /** This thread is about to take an item: a cargo of the ring, from `Hand.UNDO`, before HEAD moves. */
  deliver(frame: Frame, ticket: number): Outcome {
    // At once: it is under a lock, so nobody sees the steps.
    while (take(this.#hands, frame, ticket) !== DONE);
    return DONE;
  }

  /** This thread has done with all that it took. */
  acknowledgeAll(): void {
    const frame = this.#frame();
    while (releaseAll(this.#hands, frame) !== DONE);
  }

  /** This thread has done with the oldest that it took; `false` if it has none. */
  acknowledgeOldest(): boolean {
    const frame = this.#frame();
    while (releaseOne(this.#hands, frame) !== DONE);
    return frame.result === 0;
  }

  /** How many items were done, or lost. */
  get doneCount(): number {
    return doneCount(this.#hands);
  }

  /** Whether some thread died with something in its hands that is not on the list yet. */
  get anyDead(): boolean {
    for (let place = 1; place < PLACES; place++) {
      if (diedHolding(this.#hands, FIRST_PLACE + place * SIZE)) return true;
    }
    return false;
  }

  /** Moves what the dead had to the list. Under the lock; `next` is the ticket that nobody has taken yet. */
  collect(next: number): void {
    const frame = this.#frame();
    frame.pc = DeliveryStage.UNDO;
    while (collect(this.#hands, frame, next) !== DONE);
  }

  /** Takes the list. Under the lock. */
  read(): number[] {
    const tickets = this.peek();
    this.#words.store(READ, this.#words.load(Word.LOST));
    return tickets;
  }

  /** Reads the list, and leaves it. Of more than 1,024 the oldest are not on it; nor are those without a name. */
  peek(): number[] {
    const words = this.#words;
    const end = words.load(Word.LOST);
    const count = Math.min(end - words.load(READ), LISTED);
    const tickets = Array.from({ length: count }, (_, i) => words.load(LIST + (end - count + i) % LISTED));
    return tickets.filter((ticket) => ticket >= 0);
  }

  #frame(): Frame {
    const frame = new Frame();
    frame.me = this.#words.owners.me;
    return frame;
  }
}
