/**
 * Futures in the order in which they finish, after `concurrent.futures.as_completed`.
 *
 * @module
 */
import { onAbort } from "../core/abort.ts";
import { WaitTimeoutError } from "../core/errors.ts";
import { Deque } from "../core/deque.ts";
import { abortSignal, duration, knownOptions } from "../core/validate.ts";
import { type Future, outcomeOf, subscribe } from "./future.ts";
import { futureList } from "./wait.ts";

/** Options of {@linkcode asCompleted}. */
export interface AsCompletedOptions {
  /** Longest time for all of them together, in milliseconds from the call. @default {Infinity} */
  timeout?: number;
  /** Ends the iteration by throwing the signal's reason; the work goes on. */
  signal?: AbortSignal;
}

/** A settled future, with its place in the input. The future itself would be unwrapped by `for await`. */
export type Completed<R> =
  & {
    /** The settled future. */
    future: Future<R>;
    /** Where it stands in the input. */
    index: number;
  }
  & ({ status: "fulfilled"; value: R } | { status: "rejected" | "cancelled"; reason: unknown });

/**
 * Yields each future once, as it finishes; those that had finished before come first, in input order.
 *
 * @throws {WaitTimeoutError} If some are unfinished when the time is up: `2 (of 4) futures unfinished`.
 *
 * @example Errors one by one
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
  const call = "iterate as completed";
  knownOptions(call, options, ["timeout", "signal"]);
  const timeout = duration(call, "timeout", options.timeout);
  const signal = abortSignal(call, "signal", options.signal);
  const given = futureList(call, futures);
  const inputs = new Map<Future<R>, number>();
  given.forEach((future, index) => inputs.has(future) || inputs.set(future, index));
  return iterate(inputs, timeout === undefined ? undefined : performance.now() + timeout, signal);
}

async function* iterate<R>(
  inputs: Map<Future<R>, number>,
  deadline: number | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Completed<R>, void, void> {
  const ready = new Deque<Completed<R>>();
  let wake: () => void = () => {};
  const offs = [...inputs].map(([future, index]) =>
    subscribe(future, () => {
      const { outcome, value } = outcomeOf(future);
      ready.push(
        outcome === "fulfilled"
          ? { future, index, status: outcome, value: value as R }
          : { future, index, status: outcome === "cancelled" ? outcome : "rejected", reason: value },
      );
      wake();
    })
  );
  try {
    for (let left = inputs.size; left > 0; left--) {
      while (ready.size === 0) {
        const remaining = deadline === undefined ? undefined : deadline - performance.now();
        if (remaining !== undefined && remaining <= 0) {
          throw new WaitTimeoutError(`${left} (of ${inputs.size}) futures unfinished`);
        }
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        wake = resolve;
        const timer = remaining === undefined ? undefined : setTimeout(resolve, Math.ceil(remaining));
        const off = onAbort(signal, reject);
        await promise.finally(() => {
          clearTimeout(timer);
          off();
        });
      }
      yield ready.shift()!;
    }
  } finally {
    for (const off of offs) off();
  }
}
