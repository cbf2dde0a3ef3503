/**
 * `Ending`: ends a map before its input does: after what runs, or at once.
 *
 * ```
 * drain()  the input ends, the pool is paused -> no item runs any more -> the map is aborted: what was read did not start
 * stop()   the input ends, the map is aborted: what runs is stopped
 * ```
 *
 * @module
 */
import type { BackendName, Pool } from "../../mod.ts";
import { AbortController } from "../core/platform.ts";
import { clearInterval, setInterval, type Timer } from "../core/timer.ts";
import type { Feed } from "./feed.ts";

/** Milliseconds between two checks whether something still runs. */
const INTERVAL = 5;

/** The early end of one map. The first reason counts. */
export class Ending {
  /** Exit code of the command, NaN for the number of its failures; `undefined` while nothing ends it early. */
  exitCode: number | undefined;
  /** What has failed, if anything of the command itself has. */
  failure: unknown;
  readonly #feed: Feed;
  readonly #pool: Pool<BackendName>;
  readonly #controller = new AbortController();
  #timer: Timer | undefined;

  constructor(feed: Feed, pool: Pool<BackendName>) {
    this.#feed = feed;
    this.#pool = pool;
  }

  /** The signal that the map takes. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends after what runs. */
  drain(exitCode: number): void {
    if (this.exitCode !== undefined) return;
    this.exitCode = exitCode;
    this.#feed.stop();
    this.#pool.pause();
    this.#timer = setInterval(() => this.#abortWhenIdle(), INTERVAL);
  }

  /** Ends at once. */
  stop(exitCode: number, failure?: unknown): void {
    this.exitCode ??= exitCode;
    this.failure ??= failure;
    this.#feed.stop();
    this.#controller.abort(failure);
  }

  /** Clears the timer. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #abortWhenIdle(): void {
    if (this.#pool.stats().tasks.active > 0) return;
    clearInterval(this.#timer);
    this.#controller.abort();
  }
}
