/**
 * `UnobservedFailures`: the failures of a pool that no code has observed yet. They are reported as unhandled rejections
 * when the pool has drained. A promise reports its rejection after the microtask, which would forbid to await several
 * futures one after another.
 *
 * @module
 */

// A script may end with pools that were never closed: their failures are reported when it ends.
const allPools = new Set<UnobservedFailures>();
const reportAllPools = (event: Event): void => {
  let hasReported = false;
  for (const failures of allPools) hasReported = failures.report() || hasReported;
  // Keeps the event loop for one more turn: Deno ignores a rejection that is made while the script ends.
  if (hasReported) event.preventDefault();
};

/** The unobserved failures of one pool. */
export class UnobservedFailures {
  readonly #reasons = new Map<object, unknown>();

  constructor() {
    if (allPools.size === 0) globalThis.addEventListener("beforeunload", reportAllPools);
    allPools.add(this);
  }

  /** Adds a failure, until its owner (a future or a collector) is observed. */
  add(owner: object, reason: unknown): void {
    this.#reasons.set(owner, reason);
  }

  /** Removes the failure of an owner that was observed. */
  delete(owner: object): void {
    this.#reasons.delete(owner);
  }

  /** Reports the failures as unhandled rejections, for `unhandledrejection` listeners too. Returns whether there were any. */
  report(): boolean {
    const hasAny = this.#reasons.size > 0;
    for (const reason of this.#reasons.values()) Promise.reject(reason);
    this.#reasons.clear();
    return hasAny;
  }

  /** Reports the failures a last time, and removes this set from those reported when the script ends. */
  [Symbol.dispose](): void {
    allPools.delete(this);
    if (allPools.size === 0) globalThis.removeEventListener("beforeunload", reportAllPools);
    this.report();
  }
}
