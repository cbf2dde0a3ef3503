/**
 * Failures that nobody has looked at yet. They are reported when their pool has drained, not in the next microtask, so
 * that futures may be awaited one after another.
 *
 * @module
 */

// A script may end with pools that were never closed: their failures are reported as it ends.
const everywhere = new Set<UnobservedFailures>();
const reportEverywhere = (event: Event): void => {
  let any = false;
  for (const failures of everywhere) any = failures.report() || any;
  // The loop turns once more: a rejection made while the script ends is otherwise never looked at.
  if (any) event.preventDefault();
};

/** The unseen failures of one pool. */
export class UnobservedFailures {
  readonly #unseen = new Map<object, unknown>();

  constructor() {
    if (everywhere.size === 0) globalThis.addEventListener("beforeunload", reportEverywhere);
    everywhere.add(this);
  }

  /** Remembers a failure until somebody looks at its owner. */
  add(owner: object, reason: unknown): void {
    this.#unseen.set(owner, reason);
  }

  /** Somebody looked. */
  delete(owner: object): void {
    this.#unseen.delete(owner);
  }

  /** Reports what is left as unhandled rejections, which is what they are: `unhandledrejection` listeners see them. */
  report(): boolean {
    const any = this.#unseen.size > 0;
    for (const reason of this.#unseen.values()) Promise.reject(reason);
    this.#unseen.clear();
    return any;
  }

  /** Reports what is left, and is done. */
  [Symbol.dispose](): void {
    everywhere.delete(this);
    if (everywhere.size === 0) globalThis.removeEventListener("beforeunload", reportEverywhere);
    this.report();
  }
}
