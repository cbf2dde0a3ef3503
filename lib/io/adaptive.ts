/**
 * `AdaptiveLimit`: a concurrency limit that adapts while the calls run. It grows while the calls succeed, and is halved when
 * the other side reports an overload: additive increase, multiplicative decrease and slow start, as in RFC 5681.
 *
 * ```
 * limit   min --each success + 1--> (doubles a round) --first overload: half--> --each round + 1--> ... concurrency
 *                                                          ^------ overload: half, once a round ------/
 * ```
 *
 * The outcome of an attempt counts only if the limit was not cut since the attempt began: an older attempt says nothing
 * about the new limit. The limit grows only while that many calls are in progress, so that a slow input does not raise it.
 *
 * @module
 */
import { TaskTimeoutError } from "../core/errors.ts";
import { badOption, integer, isA, knownOptions } from "../core/validate.ts";
import type { PooledContext } from "./context.ts";

/**
 * Options of `adaptive`. It needs a few rounds of calls to find its limit: for a short list, or a service whose limit is
 * known, set `concurrency` instead.
 */
export interface AdaptiveOptions {
  /** Minimum of the limit, and its first value. @default {1} */
  min?: number;
  /**
   * Returns whether the outcome of an attempt, the value or the error, means an overload.
   *
   * @default {a timeout, or a `Response` or error whose `status` is 429, 502, 503 or 504}
   */
  isOverload?: (outcome: unknown) => boolean;
}

/** Statuses of a service that is overloaded. */
const OVERLOAD_STATUSES: readonly unknown[] = [429, 502, 503, 504];

/** Whether a value that was returned or thrown means an overload: the default of `isOverload`. */
export function isOverload(outcome: unknown): boolean {
  if (typeof outcome !== "object" || outcome === null) return false;
  return isA(outcome, TaskTimeoutError) || OVERLOAD_STATUSES.includes((outcome as { status?: unknown }).status);
}

/** Checks and completes the option; `undefined` without it. */
export function adaptiveOptions(
  call: string,
  given: boolean | AdaptiveOptions | undefined,
  concurrency: number,
): Required<AdaptiveOptions> | undefined {
  if (given === undefined || given === false) return undefined;
  if (given !== true && (typeof given !== "object" || given === null)) {
    throw badOption(call, "adaptive", given, "true, false or an object", false);
  }
  const options = given === true ? {} : given;
  knownOptions(`${call}: \`adaptive\``, options, ["min", "isOverload"]);
  const { min: smallest = 1, isOverload: predicate = isOverload } = options;
  const min = integer(call, "adaptive.min", smallest, 1);
  if (min > concurrency) throw badOption(call, "adaptive.min", min, `at most \`concurrency\`, ${concurrency}`, true);
  if (typeof predicate !== "function") throw badOption(call, "adaptive.isOverload", predicate, "a function", false);
  return { min, isOverload: predicate };
}

/** The limit of one run of `pooled()`. */
export class AdaptiveLimit {
  readonly #min: number;
  readonly #max: number;
  readonly #isOverload: (outcome: unknown) => boolean;
  readonly #onGrow: () => void;
  #exactLimit: number;
  // Below it, the limit grows by 1 with each success; above it, by 1 with each round of calls.
  #threshold = Infinity;
  #cuts = 0;
  #active = 0;

  /** @param onGrow Called when the limit has grown. */
  constructor({ min, isOverload }: Required<AdaptiveOptions>, max: number, onGrow: () => void) {
    this.#min = this.#exactLimit = min;
    this.#max = max;
    this.#isOverload = isOverload;
    this.#onGrow = onGrow;
  }

  /** Maximum number of calls at the moment. */
  get limit(): number {
    return Math.floor(this.#exactLimit);
  }

  /**
   * Returns a function that adjusts the limit by its outcomes. If `isOverload` throws, the attempt fails with that error.
   *
   * @param hasTimeout Whether attempts have a timeout. An aborted signal may then mean one.
   */
  watch<T, R>(
    fn: (item: T, context: PooledContext) => R | PromiseLike<R>,
    hasTimeout: boolean,
  ): (item: T, context: PooledContext) => Promise<R> {
    return async (item, context) => {
      const cuts = this.#cuts;
      const judge = (outcome: unknown) => {
        // An attempt that ran out of time counts as a timeout, whatever it returns or throws afterwards.
        const overloaded = this.#isOverload(outcome) ||
          (hasTimeout && context.signal.aborted && this.#isOverload(context.signal.reason));
        if (cuts === this.#cuts) this.#adjust(overloaded);
      };
      this.#active++;
      try {
        let value: Awaited<R>;
        try {
          value = await fn(item, context);
        } catch (error) {
          judge(error);
          throw error;
        }
        judge(value);
        return value;
      } finally {
        this.#active--;
      }
    };
  }

  #adjust(overloaded: boolean): void {
    const before = this.limit;
    if (overloaded) {
      this.#cuts++;
      this.#exactLimit = this.#threshold = Math.max(this.#min, this.#exactLimit / 2);
    } else if (this.#active >= before) {
      this.#exactLimit = Math.min(
        this.#max,
        this.#exactLimit + (this.#exactLimit < this.#threshold ? 1 : 1 / this.#exactLimit),
      );
    }
    if (this.limit > before) this.#onGrow();
  }
}
