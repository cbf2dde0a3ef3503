/**
 * `MedianTimeout`: a time limit that is a multiple of what the calls of a task usually take.
 *
 * @module
 */
import type { Histogram } from "../core/histogram.ts";
import { MAX_DELAY } from "../core/validate.ts";

/** Minimum number of runs for a limit. */
const MIN_RUNS = 10;
/** Shortest limit, in milliseconds: the first call of a fresh worker loads the task's module, which counts as running. */
const MIN_TIMEOUT = 1_000;
/** Milliseconds after which a call that began before there was a limit is checked again. */
export const RECHECK = 1_000;

/** A time limit of the calls of one task. */
export class MedianTimeout {
  readonly factor: number;
  readonly #runs: Histogram;

  /** @param runs The runs of the task so far, in milliseconds. */
  constructor(runs: Histogram, factor: number) {
    this.#runs = runs;
    this.factor = factor;
  }

  /** The limit at this moment, in milliseconds; `undefined` as long as too few calls have ended. */
  get ms(): number | undefined {
    const { count, p50 } = this.#runs.distribution();
    return count < MIN_RUNS ? undefined : Math.min(MAX_DELAY, Math.max(MIN_TIMEOUT, Math.ceil(this.factor * p50)));
  }
}

/** What limits the run of a call. */
export interface RunLimit {
  /** Longest run in milliseconds. */
  readonly timeout: number | undefined;
  /** A limit beside it. */
  readonly medianTimeout?: MedianTimeout | undefined;
}

/**
 * The limit of a call's run at this moment, in milliseconds: `undefined` if it never has one, MAX_DELAY while it has none
 * yet.
 */
export function limitOf({ timeout, medianTimeout }: RunLimit): number | undefined {
  return medianTimeout ? Math.min(timeout ?? MAX_DELAY, medianTimeout.ms ?? MAX_DELAY) : timeout;
}
