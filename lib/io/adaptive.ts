/**
 * How many jobs at a time, found out while they run: one more as long as all goes well, half as many as soon as the
 * other side says that it is too much. Additive increase, multiplicative decrease with a slow start: RFC 5681.
 *
 * ```
 * limit   min --each success + 1--> (doubles a round) --first overload: half--> --each round + 1--> ... concurrency
 *                                                          ^------ overload: half, once a round ------/
 * ```
 *
 * An attempt counts with the limit that it began under: what began before a cut says nothing about what follows it. The
 * limit grows only while it is used up, so that a slow input does not raise it.
 *
 * @module
 */
import { TaskTimeoutError } from "../core/errors.ts";
import { bad, integer, knownOptions } from "../core/validate.ts";
import type { PooledContext } from "./context.ts";

/** Options of `adaptive`. */
export interface AdaptiveOptions {
  /** Fewest at a time, and how many it begins with. @default {1} */
  min?: number;
  /**
   * Whether the outcome of an attempt says that there were too many: what it returned, or threw.
   *
   * @default {a timeout, or a `Response` or error whose `status` is 429, 502, 503 or 504}
   */
  isOverload?: (outcome: unknown) => boolean;
}

/** What a service answers that is asked too much. */
const OVERLOADED: readonly unknown[] = [429, 502, 503, 504];

/** Whether a value, returned or thrown, says that there were too many. */
export function isOverload(outcome: unknown): boolean {
  if (typeof outcome !== "object" || outcome === null) return false;
  return outcome instanceof TaskTimeoutError || OVERLOADED.includes((outcome as { status?: unknown }).status);
}

/** A checked {@linkcode AdaptiveOptions}; `undefined` where it is not asked for. */
export function adaptiveOptions(
  call: string,
  given: boolean | AdaptiveOptions | undefined,
  concurrency: number,
): Required<AdaptiveOptions> | undefined {
  if (given === undefined || given === false) return undefined;
  if (given !== true && (typeof given !== "object" || given === null)) {
    throw bad(call, "adaptive", given, "true, false or an object", false);
  }
  const options = given === true ? {} : given;
  knownOptions(`${call}: \`adaptive\``, options, ["min", "isOverload"]);
  const min = integer(call, "adaptive.min", options.min ?? 1, 1);
  if (min > concurrency) throw bad(call, "adaptive.min", min, `at most \`concurrency\`, ${concurrency}`, true);
  const isOverloaded = options.isOverload ?? isOverload;
  if (typeof isOverloaded !== "function") throw bad(call, "adaptive.isOverload", isOverloaded, "a function", false);
  return { min, isOverload: isOverloaded };
}

/** The limit of one job. */
export class AdaptiveLimit {
  readonly #min: number;
  readonly #max: number;
  readonly #isOverload: (outcome: unknown) => boolean;
  readonly #grown: () => void;
  #size: number;
  // Up to here it grows with each success, beyond with each round.
  #threshold = Infinity;
  #cuts = 0;
  #active = 0;

  /** @param grown Called when there may be more at a time than before. */
  constructor({ min, isOverload }: Required<AdaptiveOptions>, max: number, grown: () => void) {
    this.#min = this.#size = min;
    this.#max = max;
    this.#isOverload = isOverload;
    this.#grown = grown;
  }

  /** How many there may be now. */
  get limit(): number {
    return Math.floor(this.#size);
  }

  /** A function whose outcomes move the limit. What `isOverload` throws is what the attempt fails with. */
  watch<T, R>(
    fn: (item: T, context: PooledContext) => R | PromiseLike<R>,
    timed: boolean,
  ): (item: T, context: PooledContext) => Promise<R> {
    return async (item, context) => {
      const cuts = this.#cuts;
      this.#active++;
      let tooMuch = false;
      try {
        const value = await fn(item, context);
        tooMuch = this.#isOverload(value);
        return value;
      } catch (error) {
        tooMuch = this.#isOverload(error);
        throw error;
      } finally {
        // One that ran out of time may end as it likes.
        if (timed && context.signal.aborted) tooMuch ||= this.#isOverload(context.signal.reason);
        if (cuts === this.#cuts) this.#move(tooMuch);
        this.#active--;
      }
    };
  }

  #move(tooMuch: boolean): void {
    const before = this.limit;
    if (tooMuch) {
      this.#cuts++;
      this.#size = this.#threshold = Math.max(this.#min, this.#size / 2);
    } else if (this.#active >= before) {
      this.#size = Math.min(this.#max, this.#size + (this.#size < this.#threshold ? 1 : 1 / this.#size));
    }
    if (this.limit > before) this.#grown();
  }
}
