/**
 * `asCompleted()`: futures in the order in which they finish, after Python's `concurrent.futures.as_completed`.
 *
 * @module
 */
import { onAbort } from "../core/abort.ts";
import { calledBy, Caller, type PublicFunction } from "../core/at_caller.ts";
import { WaitTimeoutError } from "../core/errors.ts";
import { Deque } from "../core/deque.ts";
import { performance, Promise } from "../core/platform.ts";
import { abortSignal, duration, knownOptions } from "../core/validate.ts";
import { waitLimit } from "../core/wait_limit.ts";
import { failedArgs, type Future, outcomeOf, subscribe } from "./future.ts";
import { futureList } from "./wait.ts";

/** Options of {@linkcode asCompleted}. */
export interface AsCompletedOptions {
  /** Maximum time for all futures together, in milliseconds from the call. @default {Infinity} */
  timeout?: number;
  /** Ends the iteration by throwing the signal's reason; the tasks go on. */
  signal?: AbortSignal;
}

/** A settled future and its position in the input. A bare future would not do: `for await` would unwrap it to its value. */
export type Completed<R> =
  & {
    /** The settled future. */
    future: Future<R>;
    /** Position in the input, from 0. */
    index: number;
  }
  & (
    | { status: "fulfilled"; value: R }
    | { status: "cancelled"; reason: unknown }
    | {
      status: "rejected";
      reason: unknown;
      /** The arguments of the call that has failed; for tasks on workers the copies that were sent. */
      args: readonly unknown[];
    }
  );

/**
 * Yields each future once, as it finishes. Futures that have finished before the call come first, in input order. A future
 * that fails is yielded like the others; nothing is thrown for it.
 *
 * It costs one listener for each future. Do not use it for the items of a map: `Pool.map` with `ordered: false` streams
 * them with less memory.
 *
 * @param futures An iterable of futures; duplicates are yielded once.
 * @throws {WaitTimeoutError} If futures are unfinished when the time is up: `2 (of 4) futures unfinished`.
 * @throws {TypeError | RangeError} If the input or an option is not valid.
 *
 * @example Handle errors one by one
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { asCompleted, Pool } from "@isopool/isopool";
 *
 * await using pool = new Pool({ backend: "async" });
 * const futures = [1, 0].map((n) => pool.submit(() => { if (n === 0) throw new Error("zero"); return n; }));
 * const seen: string[] = [];
 * for await (const one of asCompleted(futures)) seen[one.index] = one.status;
 * assertEquals(seen, ["fulfilled", "rejected"]);
 * ```
 */
export function asCompleted<R>(
  futures: Iterable<Future<R>>,
  options: AsCompletedOptions = {},
): AsyncGenerator<Completed<R>, void, void> {
  const { timeout, signal, list } = calledBy(AS_COMPLETED, () => {
    const call = AS_COMPLETED.action;
    knownOptions(call, options, ["timeout", "signal"]);
    return {
      timeout: duration(call, "timeout", options.timeout),
      signal: abortSignal(call, "signal", options.signal),
      list: futureList(call, futures),
    };
  });
  const inputs = new Map<Future<R>, number>();
  list.forEach((future, index) => inputs.has(future) || inputs.set(future, index));
  const limit = timeout === undefined
    ? undefined
    : { deadline: performance.now() + timeout, caller: new Caller(AS_COMPLETED) };
  return iterate(inputs, limit, signal);
}

const AS_COMPLETED: PublicFunction = { action: "iterate as completed", method: asCompleted };

async function* iterate<R>(
  inputs: Map<Future<R>, number>,
  limit: { deadline: number; caller: Caller } | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Completed<R>, void, void> {
  const ready = new Deque<Completed<R>>();
  let wake: () => void = () => {};
  const count = inputs.size;
  const subscriptions = subscribeAll(inputs, (completed) => {
    ready.push(completed);
    wake();
  });
  try {
    for (let unfinished = count; unfinished > 0; unfinished--) {
      while (ready.size === 0) {
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        wake = resolve;
        const onLimit = () =>
          reject(limit!.caller.addTo(new WaitTimeoutError(`${unfinished} (of ${count}) futures unfinished`)));
        const remaining = limit && Math.max(0, Math.ceil(limit.deadline - performance.now()));
        const clearLimit = remaining === undefined ? undefined : waitLimit(remaining, onLimit);
        const removeListener = onAbort(signal, reject);
        await promise.finally(() => {
          clearLimit?.();
          removeListener();
        });
      }
      yield ready.shift()!;
    }
  } finally {
    for (const unsubscribe of subscriptions.values()) unsubscribe();
  }
}

/**
 * Subscribes to all futures, and returns the subscriptions that are left, by index. It empties `inputs`: a future that
 * the loop has passed must not stay in memory, with its result, until the loop ends.
 */
function subscribeAll<R>(
  inputs: Map<Future<R>, number>,
  onCompleted: (completed: Completed<R>) => void,
): Map<number, () => void> {
  const subscriptions = new Map<number, () => void>();
  for (const [future, index] of inputs) {
    const unsubscribe = subscribe(future, () => {
      subscriptions.delete(index);
      onCompleted(completedOf(future, index));
    });
    if (!future.done) subscriptions.set(index, unsubscribe);
  }
  inputs.clear();
  return subscriptions;
}

function completedOf<R>(future: Future<R>, index: number): Completed<R> {
  const { outcome, value } = outcomeOf(future);
  if (outcome === "fulfilled") return { future, index, status: outcome, value: value as R };
  if (outcome === "cancelled") return { future, index, status: outcome, reason: value };
  return { future, index, status: "rejected", reason: value, args: failedArgs(future) };
}
