/**
 * `PrintLock`: a lock in shared memory for all threads of a process. Only its holder writes to the terminal.
 *
 * ```
 *                        release, no waiter
 *          +-----------------------------------------+
 *          v                                         |
 *        FREE --acquire--> owner --a waiter--> owner | CONTENDED --release--> HANDED_OVER --a waiter--> owner | CONTENDED
 *                            |                      |                            |
 *                            +-- suspect, steal ----+                            +-- no waiter slept --> FREE
 * ```
 *
 * An uncontended print costs two atomic operations. A holder that finds waiters on release hands the lock over instead of
 * freeing it. A thread that arrives then waits once before it may take the lock: otherwise a loop that prints without end
 * would starve the waiters. Waiters sleep in slices, because the thread that is woken may be killed before it takes the
 * lock.
 *
 * A thread that is killed while it holds the lock does not release it. Its host releases it, once the thread has ended
 * (`ownerEnded`). The host cannot do that while it waits for the lock itself, so in the end a waiter steals the lock from
 * a holder: after 200 ms if the holder is being killed (`suspectOwner`), after 2 s if it may just be writing to a slow
 * reader. A holder whose lock was stolen finds another owner in the word when it releases, and changes nothing.
 *
 * A hostile task can write anything into the words. So every wait ends, and every loop has a bound: a thread that does not get
 * the lock prints without it. `Atomics` and the clock are taken when this module loads, before a task can replace them.
 *
 * Memory ordering: LOCK is read and written with `Atomics` (sequentially consistent), so the next holder sees everything
 * that the last one has written, with plain writes too. The holder writes HOLDERS with a plain write. It only shows
 * waiters that the lock has changed hands; a waiter that reads an old value waits longer.
 *
 * @module
 */
import { Atomics, performance } from "./platform.ts";

/** Word of the lock: a state below. */
const LOCK = 0;
/** Word that counts how often the lock was taken. */
const HOLDERS = 1;
/** Word that counts the owner numbers that were given out. */
const OWNERS = 2;

const FREE = 0;
/** Bits of the owner's number. */
const OWNER = 0x0fff_ffff;
/** Flag: there are waiters. */
const CONTENDED = 1 << 28;
/** Flag: the owner is being killed. */
const SUSPECTED = 1 << 29;
/** No owner, and a waiter was woken to take the lock. */
const HANDED_OVER = 1 << 30;

/** How long a waiter sleeps before it checks again, in milliseconds. */
const SLEEP_SLICE = 5;
/** How long a waiter waits for one holder that is being killed, in milliseconds. */
const SUSPECTED_OWNER_TIMEOUT = 200;
/** How long a waiter waits for any other holder, in milliseconds: the reader of its output may be slow. */
const OWNER_TIMEOUT = 2_000;
/** How long `acquire` waits in total, in milliseconds: only a hostile task makes it wait for so long. */
const TOTAL_TIMEOUT = 10_000;
/** How often a host tries to change a word that another thread keeps changing. */
const MAX_TRIES = 100;

const { add, compareExchange, load, notify, wait } = Atomics;
const { now } = performance;

/** Number of words of shared memory that the lock takes. */
export const LOCK_WORDS = 3;

/** The lock, as one thread uses it. */
export class PrintLock {
  readonly #words: Int32Array;
  readonly #owner: number;

  constructor(words: Int32Array, owner: number) {
    this.#words = words;
    this.#owner = owner;
  }

  /** Returns the owner number for one more thread. */
  static newOwner(words: Int32Array): number {
    return add(words, OWNERS, 1) % OWNER + 1;
  }

  /** Whether this thread holds the lock: the case of a print inside a print. */
  get isHeld(): boolean {
    return (load(this.#words, LOCK) & OWNER) === this.#owner;
  }

  /** Takes the lock, from a stuck holder too. Returns `false` if the lock did not come within 10 s. */
  acquire(): boolean {
    return this.#take() || this.#wait(TOTAL_TIMEOUT, true);
  }

  /**
   * Takes the lock within `limit` milliseconds, or returns `false`. It never steals the lock. With 0, which is for rare
   * users, it may come before a waiter to which the lock was handed over.
   */
  tryAcquire(limit: number): boolean {
    return this.#take() || (limit > 0 ? this.#wait(limit, false) : this.#take(HANDED_OVER, this.#owner | CONTENDED));
  }

  /** Releases the lock, unless it was stolen. */
  release(): void {
    const owner = this.#owner;
    if (compareExchange(this.#words, LOCK, owner, FREE) !== owner) this.ownerEnded(owner);
  }

  /** Releases the lock for a thread that has ended, if that thread holds it. */
  ownerEnded(owner: number): void {
    let word = load(this.#words, LOCK);
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      if ((word & OWNER) !== owner) return;
      const found = compareExchange(this.#words, LOCK, word, HANDED_OVER);
      if (found === word) break;
      word = found;
    }
    if (notify(this.#words, LOCK, 1) === 0) compareExchange(this.#words, LOCK, HANDED_OVER, FREE);
  }

  /** Marks a holder that is being killed, so that waiters steal sooner. It has no effect on a lock that is taken later. */
  suspectOwner(owner: number): void {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const word = load(this.#words, LOCK);
      if ((word & OWNER) !== owner || compareExchange(this.#words, LOCK, word, word | SUSPECTED) === word) return;
    }
  }

  #take(from: number = FREE, to: number = this.#owner): boolean {
    if (compareExchange(this.#words, LOCK, from, to) !== from) return false;
    this.#words[HOLDERS]++;
    return true;
  }

  #wait(limit: number, steals: boolean): boolean {
    const words = this.#words;
    const start = now();
    let heldSince = start;
    let lastHolder = -1;
    let hasSlept = false;
    for (;;) {
      let word = load(words, LOCK);
      const time = now();
      if (time - start >= limit) return false;
      const holder = load(words, HOLDERS);
      if (holder !== lastHolder) heldSince = time;
      lastHolder = holder;
      const stealAfter = !steals ? Infinity : word & SUSPECTED ? SUSPECTED_OWNER_TIMEOUT : OWNER_TIMEOUT;
      if (word === FREE || (word === HANDED_OVER ? hasSlept : time - heldSince >= stealAfter)) {
        // CONTENDED, because other threads may wait as well.
        if (!this.#take(word, this.#owner | CONTENDED)) continue;
        return true;
      }
      if (word !== HANDED_OVER && (word & CONTENDED) === 0) {
        if (compareExchange(words, LOCK, word, word | CONTENDED) !== word) continue;
        word |= CONTENDED;
      }
      if (wait(words, LOCK, word, Math.min(SLEEP_SLICE, limit)) !== "not-equal") hasSlept = true;
    }
  }
}
