/**
 * How many at a time is best: measured, not guessed.
 *
 * @module
 */
import { abortSignal, bad, duration, integer, knownOptions } from "../core/validate.ts";
import { isOverload } from "./adaptive.ts";

/** Options of {@linkcode tune}. */
export interface TuneOptions {
  /** What to try, rising. @default {[1, 2, 4, 8, 16, 32, 64, 128]} */
  concurrencies?: readonly number[];
  /** How long each is measured, in milliseconds. @default {500} */
  duration?: number;
  /** Ends the measurement; it rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** What was measured at one concurrency. */
export interface TunePoint {
  /** Calls at a time. */
  readonly concurrency: number;
  /** Good calls in a second. */
  readonly perSecond: number;
  /** Median time of a good call, in milliseconds; `NaN` if there was none. */
  readonly p50: number;
  /** Calls that threw, or whose answer says that there were too many. */
  readonly failed: number;
}

const CALL = "tune";
const TRIED = [1, 2, 4, 8, 16, 32, 64, 128];
/** Least part of the best rate that counts as nearly the best. */
const NEARLY = 0.9;
/** Most calls that may fail, as a part of all. */
const MAY_FAIL = 0.05;
const WIDTH = 40;

/** The result of {@linkcode tune}. Its text is a drawing of the curve. */
export class Tuning {
  /** What was measured, in the order in which it was tried. */
  readonly points: readonly TunePoint[];
  /** The knee: the least concurrency that gives nearly the most, among those at which hardly anything fails. */
  readonly best: number;

  /** @ignore Use {@linkcode tune}. */
  constructor(points: readonly TunePoint[], good: readonly TunePoint[]) {
    this.points = points;
    const most = Math.max(...good.map(({ perSecond }) => perSecond));
    this.best = good.find(({ perSecond }) => perSecond >= NEARLY * most)!.concurrency;
  }

  /** Draws the curve: a line for each concurrency. */
  toString(): string {
    const most = Math.max(...this.points.map(({ perSecond }) => perSecond), 1e-9);
    return this.points.map(({ concurrency, perSecond, p50, failed }) => {
      const bar = "#".repeat(Math.round(perSecond / most * WIDTH)).padEnd(WIDTH);
      const line = `${String(concurrency).padStart(4)} ${bar} ${perSecond.toFixed(0).padStart(6)}/s, ${
        p50.toFixed(1)
      } ms`;
      return line + (failed > 0 ? `, ${failed} failed` : "") + (concurrency === this.best ? "  <- best" : "");
    }).join("\n");
  }
}

/**
 * Measures how many calls of a function at a time give the most, by trying. Calls that throw, or that return or throw
 * something whose `status` is 429, 502, 503 or 504, count as failed. It tries no more once a tenth of the calls fail.
 *
 * @param fn Called again and again; `index` counts its calls from 0.
 * @throws {AggregateError} If calls fail at every concurrency; `errors` has one of each.
 *
 * @example The knee of a service that takes four at a time
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
  if (typeof fn !== "function") throw bad(CALL, "fn", fn, "a function", false);
  knownOptions(CALL, options, ["concurrencies", "duration", "signal"]);
  const { concurrencies = TRIED } = options;
  if (!Array.isArray(concurrencies) || concurrencies.length === 0) {
    throw bad(CALL, "concurrencies", concurrencies, "an array of whole numbers from 1", false);
  }
  for (const [at, each] of concurrencies.entries()) integer(CALL, `concurrencies[${at}]`, each, 1);
  const time = duration(CALL, "duration", options.duration ?? 500)!;
  const signal = abortSignal(CALL, "signal", options.signal);

  const points: TunePoint[] = [];
  const good: TunePoint[] = [];
  const errors: unknown[] = [];
  let index = 0;
  for (const concurrency of concurrencies) {
    const times: number[] = [];
    let failed = 0;
    let failure: unknown;
    const begun = performance.now();
    // Until time is up, whatever has ended by then.
    const lane = async () => {
      do {
        signal?.throwIfAborted();
        const start = performance.now();
        try {
          const value = await fn({ index: index++ });
          if (isOverload(value)) [failed, failure] = [failed + 1, value];
          else times.push(performance.now() - start);
        } catch (error) {
          [failed, failure] = [failed + 1, error];
        }
      } while (performance.now() - begun < time);
    };
    // All of them, also after an abort: nothing goes on behind the caller's back.
    await Promise.allSettled(Array.from({ length: concurrency }, lane));
    signal?.throwIfAborted();
    const perSecond = times.length / (performance.now() - begun) * 1000;
    times.sort((a, b) => a - b);
    const point = { concurrency, perSecond, p50: times[times.length >> 1] ?? NaN, failed };
    points.push(point);
    if (failed <= MAY_FAIL * (failed + times.length)) good.push(point);
    else errors.push(failure);
    if (failed * 10 > failed + times.length && good.length > 0) break;
  }
  if (good.length === 0) {
    throw new AggregateError(errors, "Cannot tune: calls fail at every concurrency that was tried");
  }
  return new Tuning(points, good);
}
