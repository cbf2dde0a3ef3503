/**
 * `Deque`: a double-ended queue on a growing ring buffer. Both ends take constant time at any length; `Array.shift` does
 * not.
 *
 * @module
 */

/** A double-ended queue. */
export class Deque<T> {
  #ring: (T | undefined)[] = new Array(16);
  #head = 0;
  #size = 0;

  /** Number of elements. */
  get size(): number {
    return this.#size;
  }

  /** Adds at the tail. */
  push(value: T): void {
    if (this.#size === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#size++) & (this.#ring.length - 1)] = value;
  }

  /** Adds at the head. */
  unshift(value: T): void {
    if (this.#size === this.#ring.length) this.#grow();
    this.#head = (this.#head - 1) & (this.#ring.length - 1);
    this.#ring[this.#head] = value;
    this.#size++;
  }

  /** Removes and returns the head. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const value = this.#ring[this.#head];
    // Without clearing, a long-lived queue would keep removed elements in memory.
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#size--;
    return value;
  }

  /** Returns the head without removing it. */
  peek(): T | undefined {
    return this.#size === 0 ? undefined : this.#ring[this.#head];
  }

  /** Removes everything. */
  clear(): void {
    this.#ring = new Array(16);
    this.#head = this.#size = 0;
  }

  /** Iterates from head to tail. */
  *[Symbol.iterator](): Generator<T> {
    for (let i = 0; i < this.#size; i++) yield this.#ring[(this.#head + i) & (this.#ring.length - 1)] as T;
  }

  #grow(): void {
    const grown = new Array<T | undefined>(this.#ring.length * 2);
    for (let i = 0; i < this.#size; i++) grown[i] = this.#ring[(this.#head + i) & (this.#ring.length - 1)];
    this.#ring = grown;
    this.#head = 0;
  }
}
