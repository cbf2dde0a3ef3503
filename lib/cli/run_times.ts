/**
 * `RunTimes`: when each item of a map ran, from the events of its pool.
 *
 * @module
 */
import type { Pool } from "../../mod.ts";
import type { BackendName } from "../../mod.ts";
import { Date, performance } from "../core/platform.ts";

/** When an attempt ran. */
export interface RunTime {
  /** Milliseconds since 1970. */
  readonly start: number;
  /** Milliseconds. */
  readonly duration: number;
}

/** The run times of the items of the one map of a pool whose workers run one call at a time. */
export class RunTimes {
  // Of each item, the last attempt.
  readonly #items = new Map<number, { sent: number; end: number }>();
  // Of each worker, when its last call ended. A short call is sent while the one before still runs.
  readonly #workers = new Map<number, number>();
  readonly #epoch = Date.now() - performance.now();

  constructor(pool: Pool<BackendName>) {
    pool.addEventListener("taskstart", ({ detail: { index } }) => {
      this.#items.set(index, { sent: performance.now(), end: 0 });
    });
    pool.addEventListener("taskend", ({ detail: { index, workerId } }) => {
      const item = this.#items.get(index);
      if (!item) return;
      item.end = performance.now();
      item.sent = Math.max(item.sent, this.#workers.get(workerId) ?? 0);
      this.#workers.set(workerId, item.end);
    });
  }

  /** Returns the time of an item that has ended. */
  take(index: number): RunTime {
    const now = performance.now();
    const { sent, end } = this.#items.get(index) ?? { sent: now, end: now };
    this.#items.delete(index);
    return { start: this.#epoch + sent, duration: Math.max(0, (end || now) - sent) };
  }
}
