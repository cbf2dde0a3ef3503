/**
 * `Governor`: the methods of the TC39 proposal "concurrency control" (stage 1), which a limiter of `limit()` has. An object
 * that has them can be handed to code that is written against the proposal.
 *
 * @module
 */

/**
 * A permit, as {@linkcode Governor.acquire} gives it. Releasing it, or leaving its `using` block, releases the permit once;
 * a second release does nothing. The name is that of the proposal.
 */
export interface GovernorToken extends Disposable {
  /**
   * Releases the permit.
   *
   * @example Release a permit by hand
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { limit } from "@isopool/isopool";
   *
   * const run = limit(1);
   * const token = await run.acquire();
   * assertEquals(run.active, 1);
   * token.release();
   * assertEquals(run.active, 0);
   * ```
   */
  release(): void;
}

/**
 * Controls access to a limited resource, with the method names of the TC39 proposal. A `timeout` and `retry` of the limiter
 * apply to the calls of `with` and `wrap`, not to a permit of `acquire`.
 */
export interface Governor {
  /**
   * Takes a permit, and a start if there is a `rate`, in turn with the calls. The code that acquires a permit must release
   * it: nothing else does.
   *
   * @param options.signal Gives up the wait; the promise rejects with its reason.
   * @param options.key The key of the permit, for a limiter with the option `per`.
   * @throws {CancelledError} If `clear()` comes before the permit.
   *
   * @example Hold a permit for a block
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { limit } from "@isopool/isopool";
   *
   * const run = limit(1);
   * {
   *   using _permit = await run.acquire();
   *   assertEquals(run.active, 1);
   * }
   * assertEquals(run.active, 0);
   * ```
   */
  acquire(options?: { signal?: AbortSignal; key?: unknown }): Promise<GovernorToken>;
  /**
   * Calls `fn` with a permit, without arguments. It gets no signal: with a `timeout` call the limiter itself, `run(fn)`.
   *
   * @example Call a function within the limit
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { limit } from "@isopool/isopool";
   *
   * assertEquals(await limit(1).with(() => "done"), "done");
   * ```
   */
  with<R>(fn: () => R | PromiseLike<R>): Promise<R>;
  /**
   * Returns a function that calls `fn` with a permit, and passes `this` and its arguments on. `fn` gets no signal, so a
   * `timeout` frees its permit while it runs on: with a `timeout` call the limiter itself, `run(({ signal }) => ...)`.
   *
   * @example Limit a function wherever it is called
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { limit } from "@isopool/isopool";
   *
   * const double = limit(2).wrap((n: number) => n * 2);
   * assertEquals(await Promise.all([1, 2, 3].map((n) => double(n))), [2, 4, 6]);
   * ```
   */
  wrap<T, A extends unknown[], R>(
    fn: (this: T, ...args: A) => R | PromiseLike<R>,
  ): (this: T, ...args: A) => Promise<R>;
}
