/**
 * The methods that end a pool: `close`, `join`, `shutdown`, `terminate`, and the end of its block.
 *
 * ```
 * open -- close() --> closing -- all calls done --> closed       join() waits for the end
 *   \-- terminate() --> terminated: nothing is waited for        shutdown() does both
 *    \- crash loop --> broken
 * ```
 *
 * @module
 */
import { calledBy, type PublicFunction } from "../core/at_caller.ts";
import { type DrainSignal, drainSignal } from "../core/drain_signal.ts";
import { clearTimeout, setTimeout } from "../core/timer.ts";
import { boolean, duration, knownOptions, refusal } from "../core/validate.ts";
import type { PoolCore } from "./core.ts";
import { cancelUnread } from "./drain.ts";
import { joinEnd } from "./join.ts";
import { drainPoolOn } from "./drain_on.ts";
import { PoolPause } from "./pool_pause.ts";
import type { PoolState, ShutdownOptions } from "./shutdown_options.ts";

/**
 * The methods of {@linkcode Pool} that end it.
 *
 * **Cost**: a drain takes as long as the calls that were submitted; ending the idle workers after it takes some
 * milliseconds. **When not to use it**: a pool in an `await using` block drains by itself, and a pool that was never
 * closed does not keep the script alive.
 */
export abstract class PoolLifecycle extends PoolPause implements AsyncDisposable {
  readonly #core: PoolCore;

  /** @ignore */
  constructor(core: PoolCore) {
    super(core);
    this.#core = core;
  }

  /** State of the pool. */
  get state(): PoolState {
    return this.#core.scheduler.state;
  }

  /**
   * Takes no more calls. The pool still does what was submitted; {@linkcode PoolLifecycle.join} waits for that.
   *
   * @example Refuse further calls
   * ```ts
   * import { assertEquals, assertThrows } from "@std/assert";
   * import { inline, Pool, PoolClosedError } from "@isopool/isopool";
   *
   * const pool = new Pool(1);
   * const double = inline((n: number) => n * 2);
   * const future = pool.submit(double, 4);
   * pool.close();
   * assertThrows(() => pool.submit(double, 5), PoolClosedError);
   * assertEquals(await future, 8);
   * await pool.join();
   * ```
   */
  close(): void {
    this.#core.scheduler.close();
  }

  /**
   * Waits until a closed pool has done all its calls, and its workers have ended. Streams and lazy maps that are not being
   * read at this moment are cancelled, because the wait for their reader could last for ever.
   *
   * @param options.timeout Maximum wait in milliseconds; the pool goes on after it.
   * @throws {TypeError} If the pool is still open, because the wait would never end: close it first.
   * @throws {WaitTimeoutError} If the wait ran out of time.
   *
   * @example Give the last calls 10 seconds
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * const pool = new Pool(1);
   * pool.submit(inline(() => {}));
   * pool.close();
   * await pool.join({ timeout: 10_000 });
   * assertEquals([pool.state, pool.workerIds.length], ["closed", 0]);
   * ```
   */
  async join(options: { timeout?: number } = {}): Promise<void> {
    const { scheduler } = this.#core;
    const timeout = calledBy(JOIN, () => {
      knownOptions(JOIN.action, options, ["timeout"]);
      if (scheduler.state === "open") {
        throw refusal(`Cannot ${JOIN.action}: it is open: call close() or terminate() first`);
      }
      return duration(JOIN.action, "timeout", options.timeout);
    });
    void cancelUnread(scheduler);
    await joinEnd(
      scheduler,
      timeout,
      () => `Gave up joining after ${timeout} ms: ${scheduler.jobs.size} jobs go on`,
    );
  }

  /**
   * Takes no more calls. Resolves when all submitted calls are done; with `cancelFutures`, when the running calls are
   * done, and cancels the others at once. Streams and lazy maps that are not being read at this moment are cancelled,
   * because the wait for their reader could last for ever.
   *
   * @example Finish what runs, and drop the rest
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * const pool = new Pool(1);
   * const futures = Array.from({ length: 9 }, (_, n) => pool.submit(inline((n: number) => n), n));
   * await pool.shutdown({ cancelFutures: true });
   * assertEquals(futures[8].state, "cancelled");
   * ```
   */
  async shutdown(options: ShutdownOptions = {}): Promise<void> {
    const { timeout, cancelFutures } = calledBy(SHUTDOWN, () => {
      knownOptions(SHUTDOWN.action, options, ["cancelFutures", "timeout"]);
      return {
        timeout: duration(SHUTDOWN.action, "timeout", options.timeout),
        cancelFutures: boolean(SHUTDOWN.action, "cancelFutures", options.cancelFutures, false),
      };
    });
    const { scheduler } = this.#core;
    if (cancelFutures) scheduler.cancelWaiting();
    scheduler.close();
    const timer = timeout === undefined ? undefined : setTimeout(() => void scheduler.terminate(), timeout);
    await cancelUnread(scheduler);
    await scheduler.ended;
    clearTimeout(timer);
  }

  /**
   * Drains the pool when the process gets a signal, Ctrl-C for `"SIGINT"`: no call starts and no map reads its input any
   * more; when the running calls have ended, the others are cancelled with a {@linkcode CancelledError}, and the pool ends.
   * The exit code of the script is 130 (`"SIGTERM"`: 143, `"SIGHUP"`: 129), whether or not it catches that error. A second
   * signal stops the workers and ends the script at once. The listener leaves with the pool.
   *
   * Windows has `"SIGINT"` and `"SIGHUP"` only; that is not tested.
   *
   * @throws {RangeError} If it is another signal.
   *
   * @example Finish what runs when the user presses Ctrl-C
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(2);
   * pool.drainOn("SIGINT");
   * assertEquals(await pool.map(inline((n: number) => n + 1), [1, 2]), [2, 3]);
   * ```
   */
  drainOn(signal: DrainSignal): void {
    calledBy(DRAIN_ON, () => {
      const { scheduler, options: { name } } = this.#core;
      this.#core.checkOpen(DRAIN_ON.action);
      // A forgotten signal would mean "never".
      drainPoolOn(drainSignal(DRAIN_ON.action, "signal", signal ?? null)!, scheduler, name);
    });
  }

  /**
   * Cancels all unfinished calls, and stops the workers by force. Resolves when the workers have ended.
   *
   * @example Stop a task that never ends
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * const pool = new Pool(1);
   * const future = pool.submit(inline(() => {
   *   for (;;);
   * }));
   * await pool.terminate();
   * assertEquals(future.state, "cancelled");
   * ```
   */
  async terminate(): Promise<void> {
    await this.#core.scheduler.terminate();
  }

  /**
   * Drains the pool: takes no more calls, does what was submitted, and ends the workers. Streams and lazy maps that are
   * not being read at this moment are cancelled, because the drain would wait for their reader for ever.
   *
   * @example Drain by leaving a block
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * let future;
   * {
   *   await using pool = new Pool(1);
   *   future = pool.submit(inline(() => "done"));
   * }
   * assertEquals(future.state, "finished");
   * ```
   */
  async [Symbol.asyncDispose](): Promise<void> {
    const { scheduler } = this.#core;
    scheduler.close();
    await cancelUnread(scheduler);
    await scheduler.ended;
  }
}

const { prototype } = PoolLifecycle;
const JOIN: PublicFunction = { action: "join pool", method: prototype.join };
const SHUTDOWN: PublicFunction = { action: "shut down pool", method: prototype.shutdown };
const DRAIN_ON: PublicFunction = { action: "drain pool on signal", method: prototype.drainOn };
