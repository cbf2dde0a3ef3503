/**
 * `tune()`: measures which concurrency is best for a function.
 *
 * @module
 */
import { onAbort } from "../core/abort.ts";
import { performance, Promise as RuntimePromise } from "../core/platform.ts";
import { abortSignal, badOption, duration, integer, isArray, knownOptions } from "../core/validate.ts";
import { isOverload } from "./adaptive.ts";
import { settledOrGrace } from "./attempts.ts";
import { Cancellation } from "./cancellation.ts";

/** Options of {@linkcode tune}. */
export interface TuneOptions {
  /** Concurrencies to try, in rising order. @default {[1, 2, 4, 8, 16, 32, 64, 128]} */
  concurrencies?: readonly number[];
  /** Duration of the measurement of each concurrency, in milliseconds. @default {500} */
  duration?: number;
  /** Ends the measurement: it rejects with the signal's reason when all calls have ended, 200 ms later at the latest. */
  signal?: AbortSignal;
}

/** The measurement of one concurrency. */
export interface TunePoint {
  /** Number of calls in progress at a time. */
  readonly concurrency: number;
  /** Successful calls per second. */
  readonly perSecond: number;
  /** Median duration of a successful call, in milliseconds; `NaN` without any. */
  readonly p50: number;
  /** Number of calls that threw, or whose result means an overload. */
  readonly failed: number;
}

const CALL = "tune";
const DEFAULT_CONCURRENCIES = [1, 2, 4, 8, 16, 32, 64, 128];
/** Minimum share of the best rate that counts as good enough. */
const GOOD_ENOUGH = 0.9;
/** Maximum share of failed calls at a usable concurrency. */
const MAX_FAILED = 0.05;
/** Width of the drawing of the curve, in columns. */
const WIDTH = 40;

/** The result of {@linkcode tune}. Its `toString` draws the curve. */
export class Tuning {
  /** The measurements, in the order in which they were made. */
  readonly points: readonly TunePoint[];
  /** The knee of the curve: the lowest concurrency with at least 90 % of the best rate, among those with at most 5 % failures. */
  readonly best: number;

  /** @ignore Use {@linkcode tune}. */
  constructor(points: readonly TunePoint[], usable: readonly TunePoint[]) {
    this.points = points;
    const bestRate = Math.max(...usable.map(({ perSecond }) => perSecond));
    const good = usable.filter(({ perSecond }) => perSecond >= GOOD_ENOUGH * bestRate);
    this.best = Math.min(...good.map(({ concurrency }) => concurrency));
  }

  /**
   * Draws the curve: a line for each concurrency.
   *
   * @example Print the curve
   * ```ts
   * import { assertStringIncludes } from "@std/assert";
   * import { tune } from "@isopool/isopool/pooled";
   *
   * const sleep = () => new Promise((resolve) => setTimeout(resolve, 5));
   * const tuning = await tune(sleep, { concurrencies: [1, 2], duration: 50 });
   * assertStringIncludes(tuning.toString(), "<- best");
   * ```
   */
  toString(): string {
    const bestRate = Math.max(...this.points.map(({ perSecond }) => perSecond), 1e-9);
    return this.points.map(({ concurrency, perSecond, p50, failed }) => {
      const bar = "#".repeat(Math.round(perSecond / bestRate * WIDTH)).padEnd(WIDTH);
      const line = `${String(concurrency).padStart(4)} ${bar} ${perSecond.toFixed(0).padStart(6)}/s, ${
        p50.toFixed(1)
      } ms`;
      return line + (failed > 0 ? `, ${failed} failed` : "") + (concurrency === this.best ? "  <- best" : "");
    }).join("\n");
  }
}

/**
 * Measures which number of calls at a time gives the highest rate, by trying. A call fails if it throws, or if it returns a
 * value whose `status` is 429, 502, 503 or 504. Once more than a tenth of the calls fail, it tries no higher concurrency, if a
 * lower one was usable (at most 5 % failures).
 *
 * It calls `fn` as often as possible for 500 ms at each concurrency, so do not use it on a service that must not be
 * overloaded: `pooled` with `adaptive` finds a limit while it works.
 *
 * @param fn Called repeatedly; `index` counts its calls from 0.
 * @throws {AggregateError} If too many calls fail at every concurrency; `errors` has the last failure of each.
 *
 * @example Find the knee of a service that serves four requests at a time
 * ```ts
 * import { assert } from "@std/assert";
 * import { tune } from "@isopool/isopool/pooled";
 *
 * let active = 0;
 * const ask = async () => {
 *   try {
 *     if (++active > 4) throw Object.assign(new Error("busy"), { status: 503 });
 *     await new Promise((resolve) => setTimeout(resolve, 5));
 *   } finally {
 *     active--;
 *   }
 * };
 * const tuning = await tune(ask, { concurrencies: [1, 2, 4, 8], duration: 200 });
 * assert(tuning.best <= 4, `${tuning}`);
 * ```
 */
export async function tune(
  fn: (context: { readonly index: number }) => unknown,
  options: TuneOptions = {},
): Promise<Tuning> {
  if (typeof fn !== "function") throw badOption(CALL, "fn", fn, "a function", false);
  knownOptions(CALL, options, ["concurrencies", "duration", "signal"]);
  const { concurrencies = DEFAULT_CONCURRENCIES, duration: milliseconds = 500 } = options;
  if (!isArray(concurrencies) || concurrencies.length === 0) {
    throw badOption(CALL, "concurrencies", concurrencies, "an array of whole numbers from 1", false);
  }
  for (const [position, each] of concurrencies.entries()) integer(CALL, `concurrencies[${position}]`, each, 1);
  const measureTime = duration(CALL, "duration", milliseconds)!;
  const signal = abortSignal(CALL, "signal", options.signal);

  const points: TunePoint[] = [];
  const usable: TunePoint[] = [];
  const errors: unknown[] = [];
  let index = 0;
  let overloadedAt = Infinity;
  for (const concurrency of concurrencies) {
    if (concurrency >= overloadedAt && usable.some((point) => point.concurrency < overloadedAt)) continue;
    const durations: number[] = [];
    let failed = 0;
    let failure: unknown;
    const measureStart = performance.now();
    // Calls `fn` until the time is up.
    const callRepeatedly = async () => {
      do {
        signal?.throwIfAborted();
        const start = performance.now();
        try {
          const value = await fn({ index: index++ });
          if (isOverload(value)) [failed, failure] = [failed + 1, value];
          else durations.push(performance.now() - start);
        } catch (error) {
          [failed, failure] = [failed + 1, error];
        }
      } while (performance.now() - measureStart < measureTime);
    };
    // Waits for all of them, after an abort for the grace time, so that no call goes on unnoticed.
    await untilEnded(RuntimePromise.allSettled(Array.from({ length: concurrency }, callRepeatedly)), signal);
    signal?.throwIfAborted();
    const perSecond = durations.length / (performance.now() - measureStart) * 1000;
    durations.sort((a, b) => a - b);
    const point = { concurrency, perSecond, p50: durations[durations.length >> 1] ?? NaN, failed };
    points.push(point);
    if (failed <= MAX_FAILED * (failed + durations.length)) usable.push(point);
    else errors.push(failure);
    if (failed * 10 > failed + durations.length) overloadedAt = Math.min(overloadedAt, concurrency);
  }
  if (usable.length === 0) {
    throw new AggregateError(errors, "Cannot tune: calls fail at every concurrency that was tried");
  }
  return new Tuning(points, usable);
}

async function untilEnded(running: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  const cancellation = new Cancellation();
  const removeListener = onAbort(signal, (reason) => cancellation.abort(reason));
  try {
    await settledOrGrace(running, cancellation);
  } finally {
    removeListener();
  }
}
