/**
 * Pausing a pool.
 *
 * @module
 */
import type { PoolCore } from "./core.ts";
import { PoolInsight } from "./pool_insight.ts";

/**
 * The methods of {@linkcode Pool} that pause it.
 *
 * **Cost**: a pause takes back the calls that were sent and have not started. **When not to use it**: to limit how often
 * calls start, give the pool a `rate`.
 */
export abstract class PoolPause extends PoolInsight {
  readonly #core: PoolCore;

  /** @ignore */
  constructor(core: PoolCore) {
    super(core);
    this.#core = core;
  }

  /** Whether the pool is paused. */
  get paused(): boolean {
    return this.#core.scheduler.paused;
  }

  /**
   * Holds back calls that have not started; running calls go on. Closing a paused pool resumes it.
   *
   * A paused pool with nothing running does not keep the script alive. A top-level `await` for one of its calls, however,
   * waits in silence and for ever: the runtime neither ends the script nor reports it. Call {@linkcode
   * PoolPause.resume} before you await, from a timer, or from an event listener.
   *
   * @example Hold calls back while a service is down
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(1);
   * pool.pause();
   * const future = pool.submit(inline(() => "sent"));
   * setTimeout(() => pool.resume(), 20); // The service is back after 20 ms.
   * assertEquals(future.state, "pending");
   * assertEquals(await future, "sent");
   * ```
   */
  pause(): void {
    this.#core.checkOpen("pause pool");
    this.#core.scheduler.pause();
  }

  /**
   * Ends a {@linkcode PoolPause.pause}. Does nothing if the pool is not paused.
   *
   * @example Let the calls go on
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(1);
   * pool.pause();
   * const future = pool.submit(inline((n: number) => n + 1), 1);
   * pool.resume();
   * assertEquals([pool.paused, await future], [false, 2]);
   * ```
   */
  resume(): void {
    this.#core.scheduler.resume();
  }
}
