/**
 * Many asynchronous jobs at once on this event loop, but never too many: the helper for IO. {@linkcode pooled} maps over
 * items, {@linkcode limit} gives a function to call through.
 *
 * ```
 * pooled(items, fn) -> PooledJob -> Attempts: timeout, retry -> fn(item, context)     lib/io/
 * limit(n)(fn)      -> Gate      -> Attempts                 -> fn(context)
 * ```
 *
 * @example Ten thousand ids, eight requests at a time
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
import { type Input, openInput } from "./core/input.ts";
import { bad } from "./core/validate.ts";
import { Results } from "./future/results.ts";
import type { PooledContext } from "./io/context.ts";
import { type PooledOptions, pooledPlan } from "./io/options.ts";
import { PooledJob } from "./io/pooled_job.ts";
import { openProgress } from "./progress/progress.ts";

export type { AdaptiveOptions } from "./io/adaptive.ts";
export type { PooledContext } from "./io/context.ts";
export { limit, type LimitContext, type Limiter, type RunOptions } from "./io/limit.ts";
export type { LimitOptions, PooledOptions } from "./io/options.ts";
export { tune, type TuneOptions, type TunePoint, Tuning } from "./io/tune.ts";

/**
 * Maps `fn` over items with limited concurrency. It starts at once and reads its input only as room comes free; with a
 * reader that is slower than the work, at most `concurrency + buffer` items have been read ahead.
 *
 * The first failure stops reading and fires every `signal`; the result rejects with it once all items in progress have
 * ended, so that nothing goes on behind the caller's back. A loop gets the good results before the failing item first,
 * those that come in meanwhile too. Only an `fn` that outlasts its `timeout` and does not heed its signal is left behind.
 *
 * @param items Any iterable or async iterable, endless ones too.
 * @param fn Called once for each attempt, in input order. What it throws is what the caller gets, never wrapped.
 * @throws {TypeError | RangeError} If an option or the input is not valid.
 *
 * @example A service that fails now and then, and takes no more than 50 requests a second
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
  options: PooledOptions & { onError: "settle" },
): Results<PromiseSettledResult<R>>;
/** Maps with the first failure, or all of them together, thrown. */
export function pooled<T, R>(
  items: Input<T>,
  fn: (item: T, context: PooledContext) => R | PromiseLike<R>,
  options?: PooledOptions,
): Results<R>;
export function pooled<T, R>(
  items: Input<T>,
  fn: (item: T, context: PooledContext) => R | PromiseLike<R>,
  options: PooledOptions = {},
): Results<R | PromiseSettledResult<R>> {
  const call = "map with pooled";
  if (typeof fn !== "function") throw bad(call, "fn", fn, "a function", false);
  const plan = pooledPlan(call, options);
  const job = new PooledJob<T, R>(openInput(call, items), fn, plan, openProgress(call, options, items));
  job.start();
  return new Results(job.collector);
}
