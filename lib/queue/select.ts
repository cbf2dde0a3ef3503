/**
 * Waiting for the first of several.
 *
 * @module
 */
import { WaitTimeoutError } from "../core/errors.ts";
import { checkLimits, type WaitLimits } from "../shared/waiting.ts";

/** Name of the one method that makes something selectable. */
export const SELECT: unique symbol = Symbol.for("isopool.select") as never;

/** How {@linkcode select} looks at a source. */
export interface Selection<R> {
  /** Takes what is ready; `undefined` if nothing is. */
  take(): R | undefined;
  /** Waits until `take` may give something; rejects when the signal aborts. Takes nothing. */
  ready(signal: AbortSignal): Promise<void>;
  /** Tells others that `ready` was fulfilled here, and nothing taken. */
  passOn(): void;
}

/** What {@linkcode select} can wait for: queues, connections, and whatever has this method. */
export interface Selectable<R = unknown> {
  /** Gives the way to look at it. */
  [SELECT](): Selection<R>;
}

/** What came first. */
export interface Selected<R> {
  /** Which of the sources. */
  index: number;
  /** What it gave: for a queue or a connection, as `tryGet` does, but never `"empty"`. */
  result: R;
}

const CALL = "select";
let turn = 0;

/**
 * Waits for the first of several sources that has something, and takes it. From the others nothing is taken. A queue
 * that is closed and empty is ready: its result is `{ state: "closed" }`, each time.
 *
 * Fair: if several are ready, each gets its turn to be looked at first.
 *
 * The promise rejects with a {@linkcode WaitTimeoutError} if `timeout` passes first, or with the signal's reason.
 *
 * @example Two queues
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Queue, select } from "@isopool/isopool";
 *
 * const urgent = new Queue<string>(), normal = new Queue<string>();
 * await normal.put("a");
 * assertEquals(await select([urgent, normal]), { index: 1, result: { state: "ok", value: "a" } });
 * ```
 */
export async function select<R>(sources: readonly Selectable<R>[], limits?: WaitLimits): Promise<Selected<R>> {
  const timeout = checkLimits(CALL, limits);
  if (!Array.isArray(sources) || sources.length === 0 || sources.some((each) => typeof each?.[SELECT] !== "function")) {
    throw new TypeError("Cannot select: `sources` takes an array of queues and connections, at least one");
  }
  limits?.signal?.throwIfAborted();
  const selections: Selection<R>[] = sources.map((source: Selectable<R>) => source[SELECT]());
  const late = new AbortController();
  const timer = timeout ? setTimeout(() => late.abort(), timeout) : undefined;
  try {
    for (;;) {
      const found = takeFirst(selections);
      if (found !== undefined) return found;
      limits?.signal?.throwIfAborted();
      if (late.signal.aborted || timeout === 0) {
        throw new WaitTimeoutError(`Cannot ${CALL}: it took longer than ${timeout} ms`);
      }
      const signals = limits?.signal ? [late.signal, limits.signal] : [late.signal];
      await waitForAny(selections, signals);
    }
  } finally {
    clearTimeout(timer);
  }
}

function takeFirst<R>(selections: readonly Selection<R>[]): Selected<R> | undefined {
  const first = turn++;
  for (let i = 0; i < selections.length; i++) {
    const index = (first + i) % selections.length;
    const result = selections[index].take();
    if (result !== undefined) return { index, result };
  }
}

// Ends when one is ready or a signal aborts. Whoever was woken wakes another: what is taken then is another matter.
async function waitForAny<R>(selections: readonly Selection<R>[], signals: AbortSignal[]): Promise<void> {
  const enough = new AbortController();
  const stop = () => enough.abort();
  for (const signal of signals) signal.addEventListener("abort", stop);
  try {
    await Promise.all(selections.map(async (selection) => {
      try {
        await selection.ready(enough.signal);
        selection.passOn();
      } catch (error) {
        if (!enough.signal.aborted) throw error;
      } finally {
        stop();
      }
    }));
  } finally {
    for (const signal of signals) signal.removeEventListener("abort", stop);
  }
}
