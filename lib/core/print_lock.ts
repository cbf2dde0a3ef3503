/**
 * A lock for all threads of a process, in shared memory: who holds it writes to the terminal.
 *
 * ```
 *                        release, nobody waits
 *          +-----------------------------------------+
 *          v                                         |
 *        FREE --take--> owner --a waiter--> owner | CONTENDED --release--> HANDED --a waiter--> owner | CONTENDED
 *                         |                      |                            |
 *                         +---- doubt, steal ----+                            +-- nobody was woken --> FREE
 * ```
 *
 * Free and uncontended, a print costs two atomic operations. One that finds waiters hands the lock on: whoever comes
 * then waits once before it may take it, so that a loop that prints without end starves nobody. Waiters sleep in
 * slices, because the one that was woken may be killed before it takes the lock.
 *
 * A thread that is killed while it holds the lock does not give it back. Its host does, once the thread has ended
 * (`free`). Nobody hears a host that waits for the lock itself: so a waiter steals it from one holder in the end, soon if
 * the holder is being killed (`doubt`), late if it may just be writing to a slow reader. A holder from whom the lock was
 * stolen finds another owner in the word when it releases, and leaves it alone.
 *
 * Memory ordering: LOCK is read and written with `Atomics` (sequentially consistent), so that what a holder has written,
 * plainly or not, is seen by the next. TENURE is written plainly by the holder and only tells waiters that the lock has
 * changed hands; one that reads it late is patient for longer.
 *
 * @module
 */

const LOCK = 0;
const TENURE = 1;
const OWNERS = 2;

const FREE = 0;
const OWNER = 0x0fff_ffff;
const CONTENDED = 1 << 28;
const DOUBTED = 1 << 29;
const HANDED = 1 << 30;

/** How long a waiter sleeps at a time, in milliseconds. */
const SLICE = 5;
/** How long one holder is waited for that is being killed, in milliseconds. */
const DEAD = 200;
/** How long any other holder is waited for, in milliseconds: its reader may be slow. */
const STUCK = 2_000;

/** Words of shared memory that the lock takes. */
export const LOCK_WORDS = 3;

/** The lock, as one thread sees it. */
export class PrintLock {
  readonly #words: Int32Array;
  readonly #owner: number;

  constructor(words: Int32Array, owner: number) {
    this.#words = words;
    this.#owner = owner;
  }

  /** A number for one more thread. */
  static owner(words: Int32Array): number {
    return Atomics.add(words, OWNERS, 1) % OWNER + 1;
  }

  /** Whether this thread has the lock: it prints from inside of a print. */
  get isHeld(): boolean {
    return (Atomics.load(this.#words, LOCK) & OWNER) === this.#owner;
  }

  /** Takes the lock. With a `limit` in milliseconds it gives up then, and steals from nobody. */
  acquire(limit: number = Infinity): boolean {
    if (Atomics.compareExchange(this.#words, LOCK, FREE, this.#owner) !== FREE) return this.#queue(limit);
    this.#words[TENURE]++;
    return true;
  }

  /** Gives the lock back, unless it was stolen. */
  release(): void {
    const owner = this.#owner;
    if (Atomics.compareExchange(this.#words, LOCK, owner, FREE) !== owner) this.ownerEnded(owner);
  }

  /** Takes the lock from a thread that has ended, if it has it. */
  ownerEnded(owner: number): void {
    for (;;) {
      const word = Atomics.load(this.#words, LOCK);
      if ((word & OWNER) !== owner) return;
      if (Atomics.compareExchange(this.#words, LOCK, word, HANDED) === word) break;
    }
    if (Atomics.notify(this.#words, LOCK, 1) === 0) Atomics.compareExchange(this.#words, LOCK, HANDED, FREE);
  }

  /** A thread is being killed: it is not waited for as long. One that takes the lock after this has to look itself. */
  suspectOwner(owner: number): void {
    for (;;) {
      const word = Atomics.load(this.#words, LOCK);
      if ((word & OWNER) !== owner) return;
      if (Atomics.compareExchange(this.#words, LOCK, word, word | DOUBTED) === word) return;
    }
  }

  #queue(limit: number): boolean {
    const words = this.#words;
    const start = performance.now();
    let since = start;
    let tenure = -1;
    let waited = false;
    for (;;) {
      let word = Atomics.load(words, LOCK);
      const now = performance.now();
      const seen = Atomics.load(words, TENURE);
      if (seen !== tenure) since = now;
      tenure = seen;
      const patience = limit < Infinity ? Infinity : word & DOUBTED ? DEAD : STUCK;
      if (word === FREE || (word === HANDED ? waited : now - since >= patience)) {
        // Others may wait as well.
        if (Atomics.compareExchange(words, LOCK, word, this.#owner | CONTENDED) !== word) continue;
        words[TENURE]++;
        return true;
      }
      if (now - start >= limit) return false;
      if (word !== HANDED && (word & CONTENDED) === 0) {
        if (Atomics.compareExchange(words, LOCK, word, word | CONTENDED) !== word) continue;
        word |= CONTENDED;
      }
      if (Atomics.wait(words, LOCK, word, SLICE) !== "not-equal") waited = true;
    }
  }
}
