/**
 * `AffinityWorkers`: which worker runs the jobs of each affinity key.
 *
 * @module
 */
import type { Slot } from "./slot.ts";

/** Keys whose worker is remembered; beyond that, the key that was used the longest time ago is forgotten. */
const MAX_KEYS = 10_000;

/** The workers of the affinity keys of one pool. */
export class AffinityWorkers {
  // The most recently used key last.
  readonly #slots = new Map<string | number, Slot>();

  /** The worker that had the key last, while that stays; else the one that `choose` returns, which then has the key. */
  find(key: string | number, choose: () => Slot | undefined): Slot | undefined {
    let slot = this.#slots.get(key);
    this.#slots.delete(key);
    if (!slot?.isStaying) slot = choose();
    if (!slot) return undefined;
    this.#slots.set(key, slot);
    if (this.#slots.size > MAX_KEYS) this.#slots.delete(this.#slots.keys().next().value!);
    return slot;
  }
}
