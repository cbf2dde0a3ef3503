/**
 * Which consumer has which item in its hands, so that an item that died with its consumer can be named.
 *
 * ```
 * place of a thread:  OWNER | TAKEN | DONE | tickets of the last 16 it took       in its hands: DONE ... TAKEN
 *
 *   take    PENDING = place, ticket, TAKEN + 1, then HEAD moves        under the lock of the consumers
 *   death   before HEAD moved: the next one takes the same item, and undoes TAKEN
 *           after: whoever looks moves the tickets of the dead to the list of the lost
 * ```
 *
 * A place is found by the thread's id. A new thread that gets a dead one's place buries it first.
 *
 * @module
 */
import type { Owners } from "../shared/owners.ts";
import { Standing } from "../shared/steps/step.ts";
import { PAGES, TABLE } from "./log.ts";

const PENDING = 11;
const LOST = 12;
const READ = 13;

const PLACES = 1024;
const KEPT = 16;
const SIZE = 4 + KEPT;
const OWNER = 0, TAKEN = 1, DONE = 2, TICKETS = 4;
const FIRST_PLACE = TABLE + PAGES;
const LIST = FIRST_PLACE + PLACES * SIZE;
const LISTED = 1024;

/** How many words the control memory of a queue has. */
export const CONTROL_WORDS: number = LIST + LISTED;

/** The hands of all consumers of a queue. */
export class Hands {
  readonly #words: Int32Array;
  readonly #owners: Owners;
  readonly #mine: number;

  constructor(words: Int32Array, owners: Owners) {
    this.#words = words;
    this.#owners = owners;
    this.#mine = FIRST_PLACE + (owners.me & PLACES - 1) * SIZE;
  }

  /** How many items were lost so far. */
  get lostCount(): number {
    return Atomics.load(this.#words, LOST);
  }

  /** This thread is about to take an item. Under the lock; before HEAD moves. */
  take(ticket: number): void {
    const words = this.#words;
    const at = this.#mine;
    this.#undo(ticket);
    if (words[at + OWNER] !== this.#owners.me) {
      this.#bury(at);
      words[at + DONE] = words[at + TAKEN] = 0;
      Atomics.store(words, at + OWNER, this.#owners.me);
    }
    Atomics.store(words, PENDING, at);
    words[at + TICKETS + words[at + TAKEN] % KEPT] = ticket;
    Atomics.add(words, at + TAKEN, 1);
  }

  /** This thread has done with all that it took. */
  releaseAll(): void {
    const { at, owner } = this.#own();
    if (owner) Atomics.store(this.#words, at + DONE, this.#words[at + TAKEN]);
  }

  /** This thread has done with the oldest that it took, if it has any. */
  releaseOne(): void {
    const { at, owner } = this.#own();
    if (owner && this.#words[at + DONE] < this.#words[at + TAKEN]) Atomics.add(this.#words, at + DONE, 1);
  }

  /** Whether some thread died with something in its hands that is not on the list yet. */
  get anyDead(): boolean {
    for (let place = 1; place < PLACES; place++) {
      if (this.#isDead(FIRST_PLACE + place * SIZE)) return true;
    }
    return false;
  }

  /** Moves what the dead had to the list. Under the lock; `next` is the ticket that nobody has taken yet. */
  collect(next: number): void {
    this.#undo(next);
    for (let place = 1; place < PLACES; place++) {
      const at = FIRST_PLACE + place * SIZE;
      if (this.#isDead(at)) this.#bury(at);
    }
  }

  /** Takes the list. Under the lock. */
  read(): number[] {
    const tickets = this.peek();
    Atomics.store(this.#words, READ, this.#words[LOST]);
    return tickets;
  }

  /** Reads the list, and leaves it. Of more than 1,024 the oldest are not on it. */
  peek(): number[] {
    const words = this.#words;
    const end = this.lostCount;
    const count = Math.min(end - Atomics.load(words, READ), LISTED);
    return Array.from({ length: count }, (_, i) => words[LIST + (end - count + i) % LISTED]);
  }

  #own(): { at: number; owner: boolean } {
    const at = this.#mine;
    return { at, owner: Atomics.load(this.#words, at + OWNER) === this.#owners.me };
  }

  #isDead(at: number): boolean {
    const words = this.#words;
    const owner = Atomics.load(words, at + OWNER);
    return owner !== 0 && Atomics.load(words, at + DONE) < Atomics.load(words, at + TAKEN) &&
      this.#owners.standing(owner) === Standing.GONE;
  }

  // Who was last to begin a take died before HEAD moved: it has not got that item.
  #undo(next: number): void {
    const words = this.#words;
    const at = words[PENDING];
    if (at === 0 || words[at + DONE] >= words[at + TAKEN]) return;
    if (words[at + TICKETS + (words[at + TAKEN] - 1) % KEPT] === next) Atomics.sub(words, at + TAKEN, 1);
    Atomics.store(words, PENDING, 0);
  }

  #bury(at: number): void {
    const words = this.#words;
    while (words[at + DONE] < words[at + TAKEN]) {
      // Of more than are kept, the oldest are counted under the name of one.
      const ticket = words[at + TICKETS + words[at + DONE] % KEPT];
      const lost = words[LOST];
      // The last one that buried here may have died in between.
      if (lost === 0 || words[LIST + (lost - 1) % LISTED] !== ticket) {
        words[LIST + lost % LISTED] = ticket;
        Atomics.store(words, LOST, lost + 1);
      }
      Atomics.add(words, at + DONE, 1);
    }
  }
}
