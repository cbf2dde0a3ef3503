/**
 * `limit()`: returns a function that limits how many of the calls made through it are in progress at a time.
 *
 * ```
 * run(fn) -> Gate.enter: first come, first served -> Attempts -> fn(context) -> Gate.leave
 * ```
 *
 * @module
 */
import { onAbort } from "../core/abort.ts";
import { define, getter } from "../core/define.ts";
import { CancelledError } from "../core/errors.ts";
import { Promise as RuntimePromise } from "../core/platform.ts";
import { abortSignal, badOption, knownOptions } from "../core/validate.ts";
import { Attempts, type Limits, settledOrGrace } from "./attempts.ts";
import { Cancellation } from "./cancellation.ts";
import type { PooledContext } from "./context.ts";
import { Gate } from "./gate.ts";
import { type LimitOptions, type LimitPlan, limitPlan } from "./options.ts";

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
}

/**
 * A function that runs others within limits, as {@linkcode limit} returns it.
 *
 * Each call costs a few small objects. All waiting calls are in memory: for a long list of items use
 * {@linkcode pooled}, which reads its input only as fast as it works.
 */
export interface Limiter {
  /**
   * Calls `fn` as soon as the limits allow, in order of the calls, never before the next microtask. Settles as `fn` does.
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
   */
  <R>(fn: (context: LimitContext) => R | PromiseLike<R>, options?: RunOptions): Promise<R>;
  /** Number of calls in progress, including those that wait for their next attempt. */
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
  const calls = new Calls(limitPlan("create limit", options));
  const run = <R>(fn: (context: LimitContext) => R | PromiseLike<R>, options?: RunOptions): Promise<R> => {
    const call = "call with limit";
    if (typeof fn !== "function") throw badOption(call, "fn", fn, "a function", false);
    knownOptions(call, options, ["signal"]);
    return calls.run(fn, abortSignal(call, "signal", options?.signal));
  };
  Object.defineProperty(run, "active", getter(() => calls.active, false));
  Object.defineProperty(run, "waiting", getter(() => calls.waiting, false));
  define(run, "clear", (reason?: unknown) => calls.clear(reason), false);
  define(run, "idle", () => calls.idle(), false);
  return run as Limiter;
}

/** The calls of one limiter. */
class Calls {
  readonly #gate: Gate;
  readonly #limits: Limits;
  readonly #signal: AbortSignal | undefined;
  // The calls that have not settled, waiting or in progress.
  readonly #unsettled = new Set<Cancellation>();
  // Removes the one listener on the common signal, which exists only while there are calls.
  #removeListener = (): void => {};
  #idleWaiters: (() => void)[] = [];
  #count = 0;

  constructor(plan: LimitPlan) {
    this.#gate = new Gate(plan.concurrency, plan.rate);
    this.#limits = { timeout: plan.timeout, retry: plan.retry, gate: this.#gate };
    this.#signal = plan.signal;
  }

  get active(): number {
    return this.#gate.active;
  }

  get waiting(): number {
    return this.#gate.waiting;
  }

  async run<R>(
    fn: (context: LimitContext) => R | PromiseLike<R>,
    signal: AbortSignal | undefined,
  ): Promise<R> {
    this.#signal?.throwIfAborted();
    signal?.throwIfAborted();
    const cancellation = new Cancellation();
    this.#add(cancellation);
    const removeListener = onAbort(signal, (reason) => cancellation.abort(reason));
    const attempts = new Attempts<R>(this.#limits, cancellation, this.#count++, fn);
    try {
      await this.#gate.enter(cancellation);
    } catch (error) {
      this.#settled(cancellation, removeListener);
      throw error;
    }
    try {
      const running = attempts.run();
      return await (signal || this.#signal ? settledOrGrace(running, cancellation) : running);
    } finally {
      this.#settled(cancellation, removeListener);
      if (attempts.overdue) void attempts.overdue.then(() => this.#leave());
      else this.#leave();
    }
  }

  clear(reason: unknown): void {
    this.#gate.clear(new CancelledError("Call was cleared before it started", { cause: reason }));
  }

  async idle(): Promise<void> {
    if (this.active + this.waiting > 0) await new RuntimePromise<void>((resolve) => this.#idleWaiters.push(resolve));
  }

  #add(cancellation: Cancellation): void {
    if (this.#unsettled.size === 0) {
      this.#removeListener();
      this.#removeListener = onAbort(this.#signal, (reason) => {
        for (const cancellation of this.#unsettled) cancellation.abort(reason);
      });
    }
    this.#unsettled.add(cancellation);
  }

  #settled(cancellation: Cancellation, removeListener: () => void): void {
    removeListener();
    this.#unsettled.delete(cancellation);
    if (this.#unsettled.size === 0) this.#removeListener();
    this.#checkIdle();
  }

  #leave(): void {
    this.#gate.leave();
    this.#checkIdle();
  }

  #checkIdle(): void {
    if (this.active + this.waiting > 0) return;
    for (const resolve of this.#idleWaiters) resolve();
    this.#idleWaiters = [];
  }
}
