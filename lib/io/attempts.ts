/**
 * One job: its attempts, each with its time limit, and the waits between them.
 *
 * ```
 * run() -> @std/async/retry -> attempt: turn at the gate -> fn(context) against @std/async/deadline -> its value
 *               ^                                                  | fails, runs out of time
 *               +------------ wait ------------------- again? -----+----------------------------- no -> its error
 * ```
 *
 * @module
 */
import { TaskTimeoutError } from "../core/errors.ts";
import type { RetryPolicy } from "../core/retry.ts";
import { deadline, retry, RetryError } from "../core/std.ts";
import type { Cancellation } from "./cancellation.ts";
import { AttemptContext } from "./context.ts";
import type { Gate } from "./gate.ts";

/** What each job may take. */
export interface Limits {
  /** Milliseconds for one attempt. */
  readonly timeout: number | undefined;
  readonly retry: RetryPolicy | undefined;
  /** Where each attempt after the first takes its turn. */
  readonly gate: Gate | undefined;
}

/** Milliseconds that an attempt gets to end after its signal has fired: what a pool's `killGrace` is by default. */
export const GRACE = 200;

/** The attempts of one job. */
export class Attempts<R> {
  readonly #limits: Limits;
  readonly #cancellation: Cancellation;
  readonly #index: number;
  readonly #fn: (context: AttemptContext) => R | PromiseLike<R>;
  #count = 0;
  #left: Promise<void> | undefined;

  constructor(
    limits: Limits,
    cancellation: Cancellation,
    index: number,
    fn: (context: AttemptContext) => R | PromiseLike<R>,
  ) {
    this.#limits = limits;
    this.#cancellation = cancellation;
    this.#index = index;
    this.#fn = fn;
  }

  /** Set once an attempt has run out of time: until it has ended, or was left behind. Never rejects. */
  get left(): Promise<void> | undefined {
    return this.#left;
  }

  /** Runs the job. What it rejects with is what `fn` threw, as it is, or a {@linkcode TaskTimeoutError}. */
  async run(): Promise<R> {
    const policy = this.#limits.retry;
    if (policy === undefined) return await this.#attempt();
    let failed: { reason: unknown } | undefined;
    const attempt = async () => {
      try {
        return await this.#attempt();
      } catch (reason) {
        failed = { reason };
        throw reason;
      }
    };
    const { maxAttempts, minTimeout, multiplier, jitter } = policy;
    try {
      return await retry(attempt, {
        maxAttempts,
        minTimeout,
        // std takes no 0 here.
        maxTimeout: Math.max(policy.maxTimeout, 1),
        multiplier,
        jitter,
        isRetriable: (error) => !this.#cancellation.aborted && policy.isRetriable(error),
        signal: this.#cancellation.signal,
      });
    } catch (error) {
      // A RetryError that `fn` itself threw is not std's.
      const wrapped = failed && error instanceof RetryError && Object.is(error.cause, failed.reason);
      throw wrapped ? failed!.reason : error;
    }
  }

  async #attempt(): Promise<R> {
    if (this.#left) await this.#left;
    if (++this.#count > 1) await this.#limits.gate?.turn(this.#cancellation);
    const context = new AttemptContext(this.#cancellation, this.#index, this.#count);
    try {
      const { timeout } = this.#limits;
      return timeout === undefined ? await this.#fn(context) : await this.#timed(context, timeout);
    } finally {
      context.end();
    }
  }

  async #timed(context: AttemptContext, timeout: number): Promise<R> {
    const running = Promise.try(() => this.#fn(context));
    const limit = new AbortController();
    const late = new TaskTimeoutError(`Task ran longer than its timeout of ${timeout} ms`, { timeout });
    // A timer that can be cleared: deadline's own would stay until its time has come, one for each item.
    const timer = setTimeout(() => {
      limit.abort(late);
      context.abort(late);
      this.#left = leaveBehind(running);
    }, timeout);
    try {
      return await deadline(running, Infinity, { signal: limit.signal });
    } finally {
      clearTimeout(timer);
    }
  }
}

// Waits for the end of what should stop now, but not for ever.
async function leaveBehind(running: Promise<unknown>): Promise<void> {
  const ended = running.then(() => {}, () => {});
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), GRACE);
  await deadline(ended, Infinity, { signal: limit.signal }).catch(() => {});
  clearTimeout(timer);
}
