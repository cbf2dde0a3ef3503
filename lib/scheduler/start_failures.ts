/**
 * `StartFailures`: breaks a pool whose workers die one after another before they have run a call. Without it, a pool
 * with a failing initializer would start workers for ever.
 *
 * @module
 */
import { BrokenPoolError } from "../core/errors.ts";
import type { Death } from "../transport/transport.ts";
import type { OwnedSlot } from "./slot_owner.ts";
import { crashError } from "./worker_death.ts";

/** So many workers in a row that die before they have run a call break the pool. */
const MAX_FAILURES = 3;

/** Counts, for one pool, the workers in a row that died before they had run a call. */
export class StartFailures {
  #count = 0;

  /** A worker has run a call: the row is interrupted. */
  reset(): void {
    this.#count = 0;
  }

  /** Counts a worker that has died, if no call of it had ended. Returns the error that breaks the pool, if it is one too many. */
  add({ id, ended }: OwnedSlot, death: Death): BrokenPoolError | undefined {
    const wasRequested = death.reason === "terminated" || death.reason === "finalizer";
    if (wasRequested || ended > 0) this.#count = 0;
    else if (++this.#count >= MAX_FAILURES) {
      const why = death.reason === "initializer"
        ? `its initializer failed ${MAX_FAILURES} times in a row`
        : `${MAX_FAILURES} workers in a row died before they took a task`;
      return new BrokenPoolError(`Pool is broken: ${why}`, { cause: death.cause ?? crashError(id, death) });
    }
    return undefined;
  }
}
