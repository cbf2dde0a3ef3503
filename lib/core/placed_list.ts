/**
 * `PlacedList`: a list whose elements store their own position, so that adding and removing take constant time. It keeps the order
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
/** An empty list gives back the memory of more places than this. */
const MAX_EMPTY_PLACES = 4096;

/** A list of elements that each store their position in it. */
export class PlacedList<T extends Placed> {
  // The place of a removed element stays empty until it is the last one, or more than half of them are empty. The array
  // does not shrink with them: a list that is filled and emptied again and again would allocate it each time.
  readonly #places: (T | undefined)[] = [];
  // One more than the last place that is taken.
  #end = 0;
  #size = 0;

  /** Number of elements. */
  get size(): number {
    return this.#size;
  }

  /** Adds an element that is in no list. */
  add(element: T): void {
    element.place = this.#end;
    this.#places[this.#end++] = element;
    this.#size++;
  }

  /** Removes an element; `false` if it is not in this list. */
  remove(element: T): boolean {
    const places = this.#places;
    if (places[element.place] !== element) return false;
    places[element.place] = undefined;
    this.#size--;
    while (this.#end > 0 && places[this.#end - 1] === undefined) this.#end--;
    if (this.#end >= MIN_PLACES && this.#end > 2 * this.#size) this.#closeUp();
    if (this.#end === 0 && places.length > MAX_EMPTY_PLACES) places.length = 0;
    return true;
  }

  /** Iterates over those that are in it when the iteration begins, in the order in which they were added. */
  [Symbol.iterator](): Iterator<T> {
    return this.#places.slice(0, this.#end).filter((element) => element !== undefined)[Symbol.iterator]();
  }

  #closeUp(): void {
    const places = this.#places;
    let next = 0;
    for (let at = 0; at < this.#end; at++) {
      const element = places[at];
      if (element) places[element.place = next++] = element;
    }
    places.fill(undefined, next, this.#end);
    this.#end = next;
  }
}
