/**
 * `select`: waits for the first of several queues and connections that has something.
 *
 * @module
 */
import { WaitTimeoutError } from "../core/errors.ts";
import { clearTimeout, setTimeout } from "../core/timer.ts";
import { checkLimits, type WaitLimits } from "../shared/waiting.ts";

/** Name of the method that makes an object selectable. */
export const SELECT: unique symbol = Symbol.for("isopool.select") as never;

/** How {@linkcode select} waits for a source and takes from it. */
export interface Selection<R> {
  /** Takes what is ready; returns `undefined` if nothing is. */
  take(): R | undefined;
  /** Waits until `take` may return something; rejects when the signal aborts. Takes nothing. */
  ready(signal: AbortSignal): Promise<void>;
  /** Wakes another consumer of the source. Called when `ready` was fulfilled here; `select` may take from another source. */
  passOn(): void;
}

/** What {@linkcode select} can wait for: queues, connections, and any object with this method. */
export interface Selectable<R = unknown> {
  /** Returns how to wait for this object and take from it. */
  [SELECT](): Selection<R>;
}

/** The source that was ready first, and what was taken from it. */
export interface Selected<R> {
  /** Index of the source. */
  index: number;
  /** What was taken: for a queue or a connection, as `tryGet` returns it, but never `"empty"`. */
  result: R;
}

const CALL = "select";
// Shared by all calls, so that successive ones begin at different sources.
let firstChecked = 0;

/**
 * Waits for the first of several sources that has something, and takes it. It takes nothing from the others. A queue that
 * is closed and empty is ready: its result is `{ state: "closed" }`, each time.
 *
 * Fair: if several sources are ready, successive calls begin with different ones. **Cost.** If a source is ready, that of
 * `tryGet`; otherwise a wait for each source. To wait for one queue, use its `get`.
 *
 * Rejects with a {@linkcode WaitTimeoutError} if `timeout` passes first, or with the signal's reason.
 *
 * @example Wait for the first of two queues
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
  const deadline = new AbortController();
  const timer = timeout ? setTimeout(() => deadline.abort(), timeout) : undefined;
  try {
    for (;;) {
      const selected = takeFirst(selections);
      if (selected !== undefined) return selected;
      limits?.signal?.throwIfAborted();
      if (deadline.signal.aborted || timeout === 0) {
        throw new WaitTimeoutError(`Cannot ${CALL}: it took longer than ${timeout} ms`);
      }
      const signals = limits?.signal ? [deadline.signal, limits.signal] : [deadline.signal];
      await waitForAny(selections, signals);
    }
  } finally {
    clearTimeout(timer);
  }
}

function takeFirst<R>(selections: readonly Selection<R>[]): Selected<R> | undefined {
  const first = firstChecked++;
  for (let i = 0; i < selections.length; i++) {
    const index = (first + i) % selections.length;
    const result = selections[index].take();
    if (result !== undefined) return { index, result };
  }
}

// Resolves when one source is ready or a signal aborts. Each source that woke this call wakes another consumer: this call
// may then take from a different source, and the item would stay while its other consumers sleep.
async function waitForAny<R>(selections: readonly Selection<R>[], signals: AbortSignal[]): Promise<void> {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  for (const signal of signals) signal.addEventListener("abort", stop);
  try {
    await Promise.all(selections.map(async (selection) => {
      try {
        await selection.ready(stopping.signal);
        selection.passOn();
      } catch (error) {
        if (!stopping.signal.aborted) throw error;
      } finally {
        stop();
      }
    }));
  } finally {
    for (const signal of signals) signal.removeEventListener("abort", stop);
  }
}
