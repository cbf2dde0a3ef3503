/**
 * `WorkerWaiters`: the promises of callers that wait until all workers of a pool are alive (`ready`), or until the present
 * ones have ended (`restart`).
 *
 * @module
 */
import { Promise } from "../core/platform.ts";
import type { Slot } from "./slot.ts";

/** The waiting callers of one pool. */
export class WorkerWaiters {
  #readiness: PromiseWithResolvers<void> | undefined;
  // Each restart, with the old workers that have not ended yet.
  readonly #restarts = new Set<{ slots: Set<Slot>; resolve: () => void }>();

  /** Whether any caller waits. */
  get any(): boolean {
    return this.#readiness !== undefined || this.#restarts.size > 0;
  }

  /** Whether a caller of `ready` waits: then the pool needs `limit` workers. */
  get needAll(): boolean {
    return this.#readiness !== undefined;
  }

  /** Resolves at the {@linkcode checkReadiness} that finds enough workers alive. */
  untilReady(): Promise<void> {
    this.#readiness ??= Promise.withResolvers<void>();
    return this.#readiness.promise;
  }

  /** Settles what {@linkcode untilReady} returned, if `limit` workers are alive: it rejects if one of them can run nothing. */
  checkReadiness(slots: Iterable<Slot>, limit: number): void {
    if (!this.#readiness) return;
    const alive = [...slots].filter((slot) => slot.state === "alive");
    if (alive.length < limit) return;
    const failing = alive.find((slot) => slot.outage !== undefined);
    if (failing) return this.fail(failing.outage);
    this.#readiness.resolve();
    this.#readiness = undefined;
  }

  /** Resolves when all of `slots` have ended. */
  untilEnded(slots: Iterable<Slot>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#restarts.add({ slots: new Set(slots), resolve });
    return promise;
  }

  /** Notes that a worker has ended. */
  ended(slot: Slot): void {
    for (const restart of this.#restarts) {
      restart.slots.delete(slot);
      if (restart.slots.size > 0) continue;
      this.#restarts.delete(restart);
      restart.resolve();
    }
  }

  /** Rejects what {@linkcode untilReady} returned. */
  fail(error: unknown): void {
    this.#readiness?.reject(error);
    this.#readiness = undefined;
  }
}
