/**
 * Limited concurrency for asynchronous functions on this event loop: the helpers for IO. {@linkcode pooled} maps a function
 * over items. {@linkcode limit} returns a function that limits the calls made through it. {@linkcode tune} measures which
 * concurrency is best.
 *
 * ```
 * pooled(items, fn) -> PooledJob -> Attempts: timeout, retry -> fn(item, context)     lib/io/
 * limit(n)(fn)      -> Gate      -> Attempts                 -> fn(context)
 * ```
 *
 * @example Load many pages, eight requests at a time
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { pooled } from "@isopool/isopool/pooled";
 *
 * await using server = Deno.serve({ port: 0, onListen() {} }, (request) => new Response(new URL(request.url).pathname));
 * const base = `http://127.0.0.1:${server.addr.port}`;
 * const load = async (id: number) => await (await fetch(`${base}/${id}`)).text();
 * assertEquals(await pooled([1, 2, 3], load, { concurrency: 8 }), ["/1", "/2", "/3"]);
 * ```
 *
 * @module
 */
import type { Recorded } from "./checkpoint/recorded.ts";
import { type Input, openInput } from "./core/input.ts";
import { badOption } from "./core/validate.ts";
import type { Settled, StopAfter } from "./future/on_error.ts";
import { Results } from "./future/results.ts";
import type { PooledContext } from "./io/context.ts";
import { type PooledOptions, pooledPlan } from "./io/options.ts";
import { PooledJob } from "./io/pooled_job.ts";
import { openProgress } from "./progress/progress.ts";

export type { CheckpointOptions } from "./checkpoint/options.ts";
export type { DrainSignal } from "./core/drain_signal.ts";
export type { AdaptiveOptions } from "./io/adaptive.ts";
export type { LimitPerKeyOptions, PerKeyOptions } from "./io/key_limit.ts";
export type { PooledContext } from "./io/context.ts";
export type { Governor, GovernorToken } from "./io/governor.ts";
export { limit, type LimitContext, type Limiter, type RunOptions } from "./io/limit.ts";
export type { LimitOptions, PooledOptions } from "./io/options.ts";
export { tune, type TuneOptions, type TunePoint, Tuning } from "./io/tune.ts";

/**
 * Maps `fn` over items with limited concurrency, on this thread. It starts at once, and reads an item of the input only when
 * `fn` may be called with it. If a loop reads the results more slowly than they come, at most `concurrency + buffer` items
 * were read ahead.
 *
 * The first failure stops the reading of the input and fires every `signal`. The result rejects with that failure when all
 * items in progress have ended, so that no call goes on unnoticed. A loop first gets the results before the failed item,
 * including those that arrive after the failure. There are two exceptions: an `fn` that runs on after its `timeout` or
 * after an abort of the caller's signal, and ignores its own signal. `pooled` waits for it 200 ms. A failure of another item
 * has no such limit: give `pooled` a `timeout` if `fn` may never end.
 *
 * Each item costs a call of `fn` and its `await`, on this thread. Do not use it for work that keeps the processor busy:
 * `Pool.map` runs that on other threads.
 *
 * @param items An iterable or async iterable; it may be endless.
 * @param fn Called once for each attempt, in input order. Its errors reach the caller as they are, never wrapped.
 * @throws {TypeError | RangeError} If an option or the input is not valid.
 *
 * @example Call a service that sometimes fails, at most 50 times a second
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { pooled } from "@isopool/isopool";
 *
 * let requests = 0;
 * await using server = Deno.serve({ port: 0, onListen() {} }, () => {
 *   return new Response("page", { status: requests++ % 3 === 0 ? 503 : 200 });
 * });
 * const load = async (id: number, { signal }: { signal: AbortSignal }) => {
 *   const response = await fetch(`http://127.0.0.1:${server.addr.port}/${id}`, { signal });
 *   const text = await response.text();
 *   if (!response.ok) throw new Error(`status ${response.status}`);
 *   return text;
 * };
 * const pages = await pooled([1, 2, 3, 4], load, {
 *   concurrency: 2,
 *   timeout: 10_000,
 *   retry: { maxAttempts: 5, minTimeout: 5 },
 *   rate: { limit: 50, interval: 1_000 },
 * });
 * assertEquals(pages, ["page", "page", "page", "page"]);
 * ```
 */
export function pooled<T, R>(
  items: Input<T>,
  fn: (item: T, context: PooledContext) => R | PromiseLike<R>,
  options: PooledOptions<T> & { onError: "settle" | StopAfter },
): Results<Settled<R>>;
/** Maps, and throws the first failure, or all failures as one AggregateError. */
export function pooled<T, R>(
  items: Input<T>,
  fn: (item: T, context: PooledContext) => R | PromiseLike<R>,
  options?: PooledOptions<T>,
): Results<R>;
export function pooled<T, R>(
  items: Input<T>,
  fn: (item: T, context: PooledContext) => R | PromiseLike<R>,
  options: PooledOptions<T> = {},
): Results<R | Settled<R>> {
  const call = "map with pooled";
  if (typeof fn !== "function") throw badOption(call, "fn", fn, "a function", false);
  const plan = pooledPlan(call, options, fn, items);
  const input = plan.recorder?.input(items) ?? items;
  const job = new PooledJob<T, R>(
    openInput(call, input as Input<T | Recorded>),
    fn,
    plan,
    openProgress(call, options, items),
  );
  job.start();
  return new Results(job.collector);
}
