/**
 * `Attempts`: the attempts of one call of `fn`, each with its time limit, and the waits between them.
 *
 * ```
 * run() -> @std/async/retry -> attempt: start at the gate -> fn(context) against @std/async/deadline -> its value
 *               ^                                                  | fails, runs out of time
 *               +------------ wait ------------------- again? -----+----------------------------- no -> its error
 * ```
 *
 * @module
 */
import { OVER } from "../core/abort.ts";
import { TaskTimeoutError } from "../core/errors.ts";
import { AbortController, Promise } from "../core/platform.ts";
import type { RetryPolicy } from "../core/retry.ts";
import { dropFrames } from "../core/stack.ts";
import { deadline, retry, RetryError } from "../core/std.ts";
import { clearTimeout, setTimeout, type Timer } from "../core/timer.ts";
import type { Cancellation } from "./cancellation.ts";
import { AttemptContext } from "./context.ts";
import type { Gate } from "./gate.ts";

/** The limits of each call. */
export interface Limits {
  /** Maximum duration of one attempt, in milliseconds. */
  readonly timeout: number | undefined;
  readonly retry: RetryPolicy | undefined;
  /** The gate that each attempt after the first waits at, for the rate. */
  readonly gate: Gate | undefined;
}

/** How long an attempt may run on after its signal has fired, in milliseconds: the default of a pool's `killGrace`. */
export const GRACE = 200;

/** The attempts of one call. */
export class Attempts<R> {
  readonly #limits: Limits;
  readonly #cancellation: Cancellation;
  readonly #index: number;
  readonly #name: () => string | undefined;
  readonly #fn: (context: AttemptContext) => R | PromiseLike<R>;
  #count = 0;
  #overdue: Promise<void> | undefined;

  /** @param name Returns what the call is for, an item or a key, for messages. */
  constructor(
    limits: Limits,
    cancellation: Cancellation,
    index: number,
    name: () => string | undefined,
    fn: (context: AttemptContext) => R | PromiseLike<R>,
  ) {
    this.#limits = limits;
    this.#cancellation = cancellation;
    this.#index = index;
    this.#name = name;
    this.#fn = fn;
  }

  /** Set when an attempt has run out of time: resolves when it has ended, or after the grace time. Never rejects. */
  get overdue(): Promise<void> | undefined {
    return this.#overdue;
  }

  /** Makes the attempts. Rejects with what `fn` threw, not wrapped, or with a {@linkcode TaskTimeoutError}. */
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
        // std refuses 0.
        maxTimeout: Math.max(policy.maxTimeout, 1),
        multiplier,
        jitter,
        isRetriable: (error) => !this.#cancellation.aborted && policy.isRetriable(error),
        signal: this.#cancellation.signal,
      });
    } catch (error) {
      // Unwraps the RetryError of std, but not one that `fn` itself threw.
      const isWrapped = failed && error instanceof RetryError && Object.is(error.cause, failed.reason);
      throw isWrapped ? failed!.reason : error;
    }
  }

  async #attempt(): Promise<R> {
    if (this.#overdue) await this.#overdue;
    if (++this.#count > 1) await this.#limits.gate?.takeStart(this.#cancellation);
    // The run may have been cancelled since the gate admitted it.
    if (this.#cancellation.aborted) throw this.#cancellation.aborted.reason;
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
    // A timer of its own, because it can be cleared: the timer of `deadline` would stay until its end, one for each item.
    const timer = setTimeout(() => {
      const timedOut = this.#timeoutError(timeout);
      limit.abort(timedOut);
      context.abort(timedOut);
      this.#overdue = endOrGrace(running);
    }, timeout);
    const { givenUp } = this.#cancellation;
    givenUp.add(limit);
    try {
      return await deadline(running, Infinity, { signal: limit.signal });
    } finally {
      givenUp.delete(limit);
      clearTimeout(timer);
    }
  }

  #timeoutError(timeout: number): TaskTimeoutError {
    const { retry } = this.#limits;
    const name = this.#name();
    const attempt = retry && `attempt ${this.#count} of ${retry.maxAttempts}`;
    const details = [name, attempt].filter((each) => each !== undefined).join(", ");
    const message = `Task ran longer than its timeout of ${timeout} ms`;
    return dropFrames(new TaskTimeoutError(details ? `${message}: ${details}` : message, { timeout }));
  }
}

// Waits for the end of an attempt whose signal has fired, but at most for the grace time.
async function endOrGrace(running: Promise<unknown>): Promise<void> {
  const ended = running.then(() => {}, () => {});
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(OVER), GRACE);
  await deadline(ended, Infinity, { signal: limit.signal }).catch(() => {});
  clearTimeout(timer);
}

/** Settles as `running` does, or rejects with the reason of the cancellation after the grace time. */
export function settledOrGrace<T>(running: Promise<T>, cancellation: Cancellation): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  let timer: Timer | undefined;
  const listener = {
    abort(reason: unknown) {
      timer = setTimeout(() => {
        cancellation.giveUp();
        reject(reason);
      }, GRACE);
    },
  };
  const end = () => {
    cancellation.delete(listener);
    clearTimeout(timer);
  };
  cancellation.add(listener);
  running.then(resolve, reject).then(end);
  return promise;
}
