/**
 * Waiting for several futures at once, after `concurrent.futures.wait`.
 *
 * @module
 */
import { onAbort } from "../core/abort.ts";
import { abortSignal, bad, duration, knownOptions, oneOf } from "../core/validate.ts";
import { Future, observe, outcomeOf, subscribe } from "./future.ts";

/** When {@linkcode wait} returns. */
export type ReturnWhen = "allCompleted" | "firstCompleted" | "firstException";

/** Options of {@linkcode wait}. */
export interface WaitOptions {
  /** Longest wait in milliseconds; running out of time is not an error. @default {Infinity} */
  timeout?: number;
  /** What to wait for. A cancelled future counts as completed and not as an exception. @default {"allCompleted"} */
  returnWhen?: ReturnWhen;
  /** Ends the wait by rejecting with the signal's reason; the work goes on. */
  signal?: AbortSignal;
}

/** The futures that {@linkcode wait} was given, sorted. */
export interface WaitResult<R> {
  /** Settled: finished or cancelled. */
  done: Set<Future<R>>;
  /** Still waiting or running. */
  notDone: Set<Future<R>>;
}

/** Checks an input of futures, and counts as looking at each. */
export function futureList<R>(call: string, futures: Iterable<Future<R>>): Future<R>[] {
  const iterable = typeof futures === "object" && futures !== null && Symbol.iterator in futures;
  const list = iterable ? [...futures] : undefined;
  if (!list || !list.every((future) => future instanceof Future)) {
    throw bad(call, "futures", futures, "an iterable of futures", false);
  }
  list.forEach(observe);
  return list;
}

/**
 * Waits for futures. Never rejects because of what they settle to, nor because of the timeout.
 *
 * @throws {TypeError} If the input is not an iterable of futures.
 *
 * @example What is done after a while, and what is not
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Pool, wait } from "@isopool/isopool";
 *
 * await using pool = new Pool({ backend: "async" });
 * const quick = pool.submit(() => 1);
 * const never = pool.submit(() => new Promise<number>(() => {}));
 * const { done, notDone } = await wait([quick, never], { returnWhen: "firstCompleted" });
 * assertEquals([done.has(quick), notDone.has(never)], [true, true]);
 * never.cancel();
 * ```
 */
export function wait<R>(futures: Iterable<Future<R>>, options: WaitOptions = {}): Promise<WaitResult<R>> {
  const call = "wait for futures";
  knownOptions(call, options, ["timeout", "returnWhen", "signal"]);
  const timeout = duration(call, "timeout", options.timeout);
  const signal = abortSignal(call, "signal", options.signal);
  const until = oneOf(call, "returnWhen", options.returnWhen ?? "allCompleted", [
    "allCompleted",
    "firstCompleted",
    "firstException",
  ]);
  const set = new Set(futureList(call, futures)); // duplicates collapse
  const { promise, resolve, reject } = Promise.withResolvers<WaitResult<R>>();

  let left = 0;
  const offs: (() => void)[] = [];
  const sort = (): void => {
    const done = new Set<Future<R>>(), notDone = new Set<Future<R>>();
    for (const future of set) (future.done ? done : notDone).add(future);
    resolve({ done, notDone });
  };
  const enough = (future: Future<R>): boolean =>
    left === 0 || until === "firstCompleted" ||
    (until === "firstException" && outcomeOf(future).outcome === "rejected");

  for (const future of set) if (!future.done) left++;
  if (left === 0 || timeout === 0 || [...set].some((future) => future.done && enough(future))) sort();
  else {
    for (const future of set) {
      if (future.done) continue;
      offs.push(subscribe(future, () => {
        left--;
        if (enough(future)) sort();
      }));
    }
    if (timeout !== undefined) {
      const timer = setTimeout(sort, timeout);
      offs.push(() => clearTimeout(timer));
    }
  }
  offs.push(onAbort(signal, reject));
  return promise.finally(() => offs.forEach((off) => off()));
}
