/**
 * `limit()`: a function to call others through, never too many at a time.
 *
 * ```
 * run(fn) -> Gate.enter: first come, first served -> Attempts -> fn(context) -> Gate.leave
 * ```
 *
 * @module
 */
import { onAbort } from "../core/abort.ts";
import { CancelledError } from "../core/errors.ts";
import { abortSignal, bad, knownOptions } from "../core/validate.ts";
import { Attempts, type Limits } from "./attempts.ts";
import { Cancellation } from "./cancellation.ts";
import type { PooledContext } from "./context.ts";
import { Gate } from "./gate.ts";
import { type LimitOptions, type LimitPlan, limitPlan } from "./options.ts";

/** What a function called through {@linkcode limit} is told. */
export type LimitContext = Pick<PooledContext, "signal" | "attempt">;

/** Options of one call. */
export interface RunOptions {
  /** Cancels this call: it rejects with the signal's reason, and gives up its place in the queue. */
  signal?: AbortSignal;
}

/** What {@linkcode limit} returns. */
export interface Limiter {
  /**
   * Calls `fn` when it is its turn: in order of the calls, at the earliest in the next microtask. Settles as `fn` does.
   *
   * @throws {TypeError} If an argument is not valid.
   */
  <R>(fn: (context: LimitContext) => R | PromiseLike<R>, options?: RunOptions): Promise<R>;
  /** Calls in progress, those that wait for their next attempt among them. */
  readonly active: number;
  /** Calls that have not started. */
  readonly waiting: number;
  /** Drops all calls that have not started: they reject with a {@linkcode CancelledError}, `reason` is its cause. */
  clear(reason?: unknown): void;
  /** Resolves when no call is in progress or waits; at once if none does. */
  idle(): Promise<void>;
}

/**
 * Limits how many calls are in progress at a time, and how many start in an interval. For calls that come from many
 * places; for a list or a stream of items {@linkcode pooled} reads no faster than it works, and keeps order.
 *
 * A call that waits for another call through the same limiter keeps its place meanwhile: when all places are taken by
 * such calls, none goes on.
 *
 * @param options The concurrency, or more.
 * @throws {TypeError | RangeError} If an option is not valid.
 *
 * @example Two requests at a time, whoever asks
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
  const run = <R>(fn: (context: LimitContext) => R | PromiseLike<R>, options: RunOptions = {}): Promise<R> => {
    const call = "call with limit";
    if (typeof fn !== "function") throw bad(call, "fn", fn, "a function", false);
    knownOptions(call, options, ["signal"]);
    return calls.run(fn, abortSignal(call, "signal", options.signal));
  };
  return Object.defineProperties(run, {
    active: { get: () => calls.active },
    waiting: { get: () => calls.waiting },
    clear: { value: (reason?: unknown) => calls.clear(reason) },
    idle: { value: () => calls.idle() },
  }) as Limiter;
}

/** The calls of one limiter. */
class Calls {
  readonly #gate: Gate;
  readonly #limits: Limits;
  readonly #signal: AbortSignal | undefined;
  // All calls that have not settled, waiting or in progress.
  readonly #open = new Set<Cancellation>();
  // One listener for all of them, on only while there are any.
  #deaf = (): void => {};
  #idle: (() => void)[] = [];
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
    const deaf = onAbort(signal, (reason) => cancellation.abort(reason));
    const attempts = new Attempts<R>(this.#limits, cancellation, this.#count++, fn);
    try {
      await this.#gate.enter(cancellation);
    } catch (error) {
      this.#close(cancellation, deaf);
      throw error;
    }
    try {
      return await attempts.run();
    } finally {
      this.#close(cancellation, deaf);
      if (attempts.left) void attempts.left.then(() => this.#leave());
      else this.#leave();
    }
  }

  clear(reason: unknown): void {
    this.#gate.clear(new CancelledError("Call was cleared before it started", { cause: reason }));
  }

  async idle(): Promise<void> {
    if (this.active + this.waiting > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #add(cancellation: Cancellation): void {
    if (this.#open.size === 0) {
      this.#deaf();
      this.#deaf = onAbort(this.#signal, (reason) => {
        for (const open of this.#open) open.abort(reason);
      });
    }
    this.#open.add(cancellation);
  }

  // The call has settled.
  #close(cancellation: Cancellation, deaf: () => void): void {
    deaf();
    this.#open.delete(cancellation);
    if (this.#open.size === 0) this.#deaf();
    this.#checkIdle();
  }

  #leave(): void {
    this.#gate.leave();
    this.#checkIdle();
  }

  #checkIdle(): void {
    if (this.active + this.waiting > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle = [];
  }
}
