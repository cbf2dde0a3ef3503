/**
 * `PlacedList`: a list whose elements know their places, so that adding and removing take constant time. It keeps the order
 * in which they came.
 *
 * Not a `Set`, where many elements come and go: V8 makes a new table of a set after so many deletions, and the old table
 * refers to the new one. As soon as one dead table has grown old, every later table, and what is in it, outlives each
 * collection of young objects, until the next full one. For a set of calls that was a fifth of all time.
 *
 * @module
 */

/** What can be in a list; in one at most. */
export interface Placed {
  /** Where it is. The list sets it. */
  place: number;
}

/** Fewer places than this are never closed up. */
const MIN_PLACES = 64;

/** A list of elements that each know their place. */
export class PlacedList<T extends Placed> {
  // The place of a removed element stays empty until it is the last one, or more than half of them are empty.
  readonly #places: (T | undefined)[] = [];
  #size = 0;

  /** Number of elements. */
  get size(): number {
    return this.#size;
  }

  /** Adds an element that is in no list. */
  add(element: T): void {
    element.place = this.#places.push(element) - 1;
    this.#size++;
  }

  /** Removes an element; `false` if it is not in this list. */
  remove(element: T): boolean {
    const places = this.#places;
    if (places[element.place] !== element) return false;
    places[element.place] = undefined;
    this.#size--;
    while (places.length > 0 && places[places.length - 1] === undefined) places.pop();
    if (places.length >= MIN_PLACES && places.length > 2 * this.#size) this.#closeUp();
    return true;
  }

  /** Iterates over those that are in it when the iteration begins, in the order in which they were added. */
  [Symbol.iterator](): Iterator<T> {
    return this.#places.filter((element) => element !== undefined)[Symbol.iterator]();
  }

  #closeUp(): void {
    const places = this.#places;
    let next = 0;
    for (const element of places) {
      if (element) places[element.place = next++] = element;
    }
    places.length = next;
  }
}
