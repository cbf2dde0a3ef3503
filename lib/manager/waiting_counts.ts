/**
 * Counts waiting requests by the object that they want.
 *
 * @module
 */
import { ALL_OBJECTS, type Claim } from "./claim.ts";

/**
 * How many requests wait for each object. With counts, a request is compared with all that wait before it in one look-up;
 * comparing it with each of them would take the square of their number.
 */
export class WaitingCounts {
  readonly #all = new Map<number, number>();
  readonly #exclusive = new Map<number, number>();
  #total = 0;

  /** Adds a request. */
  add({ resource, exclusive }: Claim): void {
    this.#total++;
    change(this.#all, resource, 1);
    if (exclusive) change(this.#exclusive, resource, 1);
  }

  /** Removes a request that was added. */
  remove({ resource, exclusive }: Claim): void {
    this.#total--;
    change(this.#all, resource, -1);
    if (exclusive) change(this.#exclusive, resource, -1);
  }

  /** Returns whether one of the requests conflicts with this one. Only a transaction wants all objects. */
  conflictsWith({ resource, exclusive }: Claim): boolean {
    if (resource === ALL_OBJECTS) return this.#total > 0;
    const counts = exclusive ? this.#all : this.#exclusive;
    return counts.has(resource) || counts.has(ALL_OBJECTS);
  }
}

function change(counts: Map<number, number>, resource: number, by: number): void {
  const count = (counts.get(resource) ?? 0) + by;
  if (count === 0) counts.delete(resource);
  else counts.set(resource, count);
}
