/**
 * `wait()`: waits for several futures at once, after Python's `concurrent.futures.wait`.
 *
 * @module
 */
import { isIterable } from "../core/input.ts";
import { onAbort } from "../core/abort.ts";
import { calledBy, type PublicFunction } from "../core/at_caller.ts";
import { Promise as RuntimePromise } from "../core/platform.ts";
import { abortSignal, badOption, duration, knownOptions, oneOf } from "../core/validate.ts";
import { waitLimit } from "../core/wait_limit.ts";
import { Future, observe, outcomeOf, subscribe } from "./future.ts";

/** When {@linkcode wait} returns. */
export type ReturnWhen = "allCompleted" | "firstCompleted" | "firstException";

/** Options of {@linkcode wait}. */
export interface WaitOptions {
  /** Maximum wait in milliseconds; reaching it is not an error. @default {Infinity} */
  timeout?: number;
  /** The condition that ends the wait. A cancelled future counts as completed and not as an exception. @default {"allCompleted"} */
  returnWhen?: ReturnWhen;
  /** Ends the wait by rejecting with the signal's reason; the tasks go on. */
  signal?: AbortSignal;
}

/** The futures that {@linkcode wait} got, in two sets. */
export interface WaitResult<R> {
  /** Settled futures: finished or cancelled. */
  done: Set<Future<R>>;
  /** Futures that still wait or run. */
  notDone: Set<Future<R>>;
}

/** Checks an input of futures, and marks each as observed. */
export function futureList<R>(call: string, futures: Iterable<Future<R>>): Future<R>[] {
  const list = isIterable(futures) ? [...futures] : undefined;
  if (!list || !list.every(isFuture)) {
    throw badOption(call, "futures", futures, "an iterable of futures", false);
  }
  list.forEach(observe);
  return list;
}

function isFuture(value: unknown): boolean {
  try {
    return value instanceof Future;
  } catch {
    return false; // a revoked proxy
  }
}

/**
 * Waits for futures. A future that fails and a timeout do not reject it; only the signal does.
 *
 * It costs one listener for each future that is not settled, and two sets at the end. Do not call it in a loop over many
 * futures: `asCompleted` gives the same futures with one pass.
 *
 * @throws {TypeError | RangeError} If the input is not an iterable of futures, or an option is not valid.
 *
 * @example Take the first result
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
  const { timeout, signal, returnWhen } = calledBy(WAIT, () => checkOptions(options));
  const set = new Set(calledBy(WAIT, () => futureList(WAIT.action, futures))); // without duplicates
  const { promise, resolve, reject } = RuntimePromise.withResolvers<WaitResult<R>>();

  let unfinished = 0;
  const cleanups: (() => void)[] = [];
  const finish = (): void => {
    const done = new Set<Future<R>>(), notDone = new Set<Future<R>>();
    for (const future of set) (future.done ? done : notDone).add(future);
    resolve({ done, notDone });
  };
  const isMet = (future: Future<R>): boolean =>
    unfinished === 0 || returnWhen === "firstCompleted" ||
    (returnWhen === "firstException" && outcomeOf(future).outcome === "rejected");

  for (const future of set) if (!future.done) unfinished++;
  if (unfinished === 0 || [...set].some((future) => future.done && isMet(future))) finish();
  else {
    for (const future of set) {
      if (future.done) continue;
      cleanups.push(subscribe(future, () => {
        unfinished--;
        if (isMet(future)) finish();
      }));
    }
    if (timeout !== undefined) cleanups.push(waitLimit(timeout, finish));
  }
  cleanups.push(onAbort(signal, reject));
  return promise.finally(() => cleanups.forEach((cleanup) => cleanup()));
}

const WAIT: PublicFunction = { action: "wait for futures", method: wait };

function checkOptions(options: WaitOptions) {
  const call = WAIT.action;
  knownOptions(call, options, ["timeout", "returnWhen", "signal"]);
  return {
    timeout: duration(call, "timeout", options.timeout),
    signal: abortSignal(call, "signal", options.signal),
    returnWhen: oneOf(call, "returnWhen", options.returnWhen ?? "allCompleted", [
      "allCompleted",
      "firstCompleted",
      "firstException",
    ]),
  };
}
