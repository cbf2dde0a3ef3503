/**
 * The option `onError`, checked, and the budget of failures that it may have.
 *
 * @module
 */
import { badOption, isOptions, knownOptions, oneOf } from "../core/validate.ts";
import type { OnError } from "./on_error.ts";

/** Number of items that have ended before a share of an unknown number of items is judged. */
const MIN_ENDED = 100;

const TAKES = 'an integer of at least 1, or a share of the items such as "3%"';

/** The checked option. */
export interface OnErrorPlan {
  readonly onError: "throw" | "settle" | "aggregate";
  readonly budget?: FailureBudget | undefined;
}

/** How many failures end a map. */
export class FailureBudget {
  readonly #count: number;
  readonly #share: number;
  readonly #total: number | undefined;

  /** @param total Number of all items, if it is known. */
  constructor(count: number, share: number, total: number | undefined) {
    this.#count = count;
    this.#share = share;
    this.#total = total;
  }

  /** Whether so many failures, of so many items that have ended, are too many. `count`: number of all items, or Infinity. */
  isSpent(failed: number, ended: number, count: number): boolean {
    if (failed === 0) return false;
    if (this.#share === 0) return failed >= this.#count;
    const total = this.#total ?? (count === Infinity ? Math.max(ended, MIN_ENDED) : count);
    return failed >= this.#share * total;
  }
}

/** Checks the option. */
export function onErrorPlan(call: string, value: OnError | undefined, total: number | undefined): OnErrorPlan {
  if (!isOptions(value)) {
    return { onError: oneOf(call, "onError", value === undefined ? "throw" : value, ["throw", "settle", "aggregate"]) };
  }
  knownOptions(`${call}: \`onError\``, value, ["stopAfter"]);
  const { stopAfter } = value;
  const isShare = typeof stopAfter === "string" && /^\d+(\.\d+)?%$/.test(stopAfter);
  const number = isShare ? parseFloat(stopAfter) : stopAfter;
  if (
    typeof number !== "number" || !(isShare ? number > 0 && number <= 100 : Number.isInteger(number) && number >= 1)
  ) {
    throw badOption(call, "onError.stopAfter", stopAfter, TAKES, ["number", "string"].includes(typeof stopAfter));
  }
  return {
    onError: "settle",
    budget: isShare ? new FailureBudget(0, number / 100, total) : new FailureBudget(number, 0, total),
  };
}
