/**
 * `limit()`: returns a function that limits how many of the calls made through it are in progress at a time. This file has
 * the public interface; limited_calls.ts makes the calls.
 *
 * @module
 */
import { accessor, define, getter } from "../core/define.ts";
import { abortSignal, badOption, count, knownOptions } from "../core/validate.ts";
import type { PooledContext } from "./context.ts";
import type { Governor, GovernorToken } from "./governor.ts";
import { LimitedCalls } from "./limited_calls.ts";
import { type LimitOptions, limitPlan } from "./options.ts";

/** What a function called through {@linkcode limit} gets. */
export type LimitContext = Pick<PooledContext, "signal" | "attempt">;

/** Options of one call through a {@linkcode Limiter}. */
export interface RunOptions {
  /**
   * Cancels this call. If it has not started, it rejects at once with the signal's reason, and `fn` is not called. Else
   * its signal aborts, and the call settles as `fn` does, but 200 ms later at the latest: it then rejects with the
   * signal's reason and its permit is free, while an `fn` that ignores its signal runs on.
   */
  signal?: AbortSignal;
  /**
   * The key of this call, such as the host of a URL, for a limiter with the option `per`. Keys are compared as those of a
   * `Map`.
   *
   * @default {none}
   */
  key?: unknown;
}

/**
 * A function that runs others within limits, as {@linkcode limit} returns it.
 *
 * Each call costs a few small objects. All waiting calls are in memory: for a long list of items use
 * {@linkcode pooled}, which reads its input only as fast as it works.
 */
export interface Limiter extends Governor {
  /**
   * Calls `fn` as soon as the limits allow, in order of the calls, never before the next microtask. Settles as `fn` does.
   * With `per`, a call whose key is busy waits aside, and later calls of other keys start before it.
   *
   * @throws {TypeError} If an argument is not valid.
   *
   * @example Limit the number of open files
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { limit } from "@isopool/isopool";
   *
   * const run = limit(2);
   * let open = 0, mostOpen = 0;
   * const read = () =>
   *   run(async () => {
   *     mostOpen = Math.max(mostOpen, ++open);
   *     await Promise.resolve();
   *     open--;
   *   });
   * await Promise.all([read(), read(), read()]);
   * assertEquals(mostOpen, 2);
   * ```
   *
   * @example Limit the number of requests to each host
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { limit } from "@isopool/isopool";
   *
   * const run = limit({ concurrency: 10, per: { limit: 1 } });
   * const started: string[] = [];
   * const load = (url: string) => run(() => void started.push(url), { key: new URL(url).host });
   * await Promise.all([load("https://a/1"), load("https://a/2"), load("https://b/1")]);
   * assertEquals(started, ["https://a/1", "https://b/1", "https://a/2"]);
   * ```
   */
  <R>(fn: (context: LimitContext) => R | PromiseLike<R>, options?: RunOptions): Promise<R>;
  /**
   * Maximum number of calls in progress at a time. It can be set at any time. With a higher limit, waiting calls start at
   * once. With a lower limit, calls in progress go on, and no call starts until fewer are in progress than the limit.
   */
  concurrency: number;
  /** Number of calls in progress, including those that wait for their next attempt, and of permits of `acquire`. */
  readonly active: number;
  /** Number of calls that have not started. */
  readonly waiting: number;
  /**
   * Drops all calls that have not started: they reject with a {@linkcode CancelledError}, whose `cause` is `reason`.
   *
   * @example Drop the waiting calls
   * ```ts
   * import { assertEquals, assertRejects } from "@std/assert";
   * import { CancelledError, limit } from "@isopool/isopool";
   *
   * const run = limit(1);
   * const started = run(() => "done");
   * const waiting = run(() => "never");
   * run.clear("shutdown");
   * await assertRejects(() => waiting, CancelledError);
   * assertEquals(await started, "done");
   * ```
   */
  clear(reason?: unknown): void;
  /**
   * Resolves when no call is in progress or waits; at once if there is none.
   *
   * @example Wait for all calls
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { limit } from "@isopool/isopool";
   *
   * const run = limit(2);
   * let ended = 0;
   * for (let n = 0; n < 5; n++) void run(() => ended++);
   * await run.idle();
   * assertEquals(ended, 5);
   * ```
   */
  idle(): Promise<void>;
}

/**
 * Limits how many calls are in progress at a time, and how many start in an interval. It is for calls from many places of
 * a program; for a list or a stream of items use {@linkcode pooled}, which keeps order and reads no faster than it works.
 *
 * A call has a permit, one of `concurrency`, and keeps it while it waits for another call through the same limiter. If
 * such calls take all permits, they wait for ever: do not nest calls of one limiter.
 *
 * @param options The concurrency, or an object of options.
 * @throws {TypeError | RangeError} If an option is not valid.
 *
 * @example Send two requests at a time from anywhere in a program
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { limit } from "@isopool/isopool";
 *
 * await using server = Deno.serve({ port: 0, onListen() {} }, (request) => new Response(new URL(request.url).pathname));
 * const run = limit(2);
 * const load = (path: string) =>
 *   run(async ({ signal }) => {
 *     const response = await fetch(`http://127.0.0.1:${server.addr.port}${path}`, { signal });
 *     return await response.text();
 *   });
 * assertEquals(await Promise.all([load("/a"), load("/b"), load("/c")]), ["/a", "/b", "/c"]);
 * ```
 */
export function limit(options: number | LimitOptions): Limiter {
  const plan = limitPlan("create limit", options);
  const calls = new LimitedCalls(plan);
  const keyOfArguments = plan.per?.key;
  // Without `per`, a key would limit nothing.
  const keyOf = (call: string, options: RunOptions | undefined): unknown => {
    const key = options?.key;
    if (key === undefined || plan.per) return key;
    throw badOption(
      call,
      "key",
      key,
      "effect only with the option `per` of the limiter: `limit({ per: { limit: 4 } })`",
      false,
    );
  };
  const run = <R>(fn: (context: LimitContext) => R | PromiseLike<R>, options?: RunOptions): Promise<R> => {
    const call = "call with limit";
    if (typeof fn !== "function") throw badOption(call, "fn", fn, "a function", false);
    knownOptions(call, options, RUN_OPTIONS);
    return calls.run(fn, abortSignal(call, "signal", options?.signal), keyOf(call, options));
  };
  const setConcurrency = (value: number) => calls.concurrency = count("set limit", "concurrency", value, 1);
  Object.defineProperty(run, "concurrency", accessor(() => calls.concurrency, setConcurrency));
  Object.defineProperty(run, "active", getter(() => calls.active, false));
  Object.defineProperty(run, "waiting", getter(() => calls.waiting, false));
  define(run, "clear", (reason?: unknown) => calls.clear(reason), false);
  define(run, "idle", () => calls.idle(), false);
  define(run, "acquire", (options?: RunOptions): Promise<GovernorToken> => {
    knownOptions(ACQUIRE, options, RUN_OPTIONS);
    return calls.acquire(abortSignal(ACQUIRE, "signal", options?.signal), keyOf(ACQUIRE, options));
  }, false);
  define(run, "with", (fn: () => unknown) => run(checked(fn, "call with limit", (): unknown => fn())), false);
  define(
    run,
    "wrap",
    (fn: (...args: unknown[]) => unknown) =>
      checked(fn, "wrap with limit", async function (this: unknown, ...args: unknown[]) {
        const key = keyOfArguments?.(...args);
        return await run(() => fn.apply(this, args), key === undefined ? undefined : { key });
      }),
    false,
  );
  return run as Limiter;
}

const ACQUIRE = "acquire permit";
const RUN_OPTIONS = ["signal", "key"] as const;

// Returns `made`, if `fn` is a function.
function checked<T>(fn: unknown, call: string, made: T): T {
  if (typeof fn !== "function") throw badOption(call, "fn", fn, "a function", false);
  return made;
}
