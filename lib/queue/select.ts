/**
 * `select`: waits for the first of several queues and connections that has something.
 *
 * @module
 */
import { OVER } from "../core/abort.ts";
import { WaitTimeoutError } from "../core/errors.ts";
import { AbortController, Promise as RuntimePromise } from "../core/platform.ts";
import { clearTimeout, setTimeout } from "../core/timer.ts";
import { isA, refusal } from "../core/validate.ts";
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
  passNotificationOn(): void;
  /**
   * Returns a number that changes when something arrives or the source closes. Without it, `select` may give up although
   * at each moment one source was ready, because it checks one after the other.
   */
  arrivals?(): number;
}

/** What {@linkcode select} can wait for: queues, connections, and any object with this method. */
export interface Selectable<R = unknown> {
  /** Returns how to wait for this object and take from it. */
  [SELECT](): Selection<R>;
}

/**
 * The source that was ready first, and what was taken from it.
 *
 * @typeParam R Type of what was taken.
 * @typeParam I Type of the index.
 */
export interface Selected<R, I extends number = number> {
  /** Index of the source. */
  index: I;
  /** What was taken: for a queue or a connection, as `tryGet` returns it, but never `"empty"`. */
  result: R;
}

/**
 * What {@linkcode select} resolves to for sources of these types: for a tuple, a union by index.
 *
 * @typeParam S Type of the list of sources.
 */
export type SelectedOf<S extends readonly Selectable[]> = {
  [I in keyof S]: S[I] extends Selectable<infer R> ? Selected<R, I extends `${infer N extends number}` ? N : number>
    : never;
}[number];

const CALL = "select";
/** How often to check all sources before giving up, if something arrived meanwhile and another consumer took it. */
const MAX_CHECKS = 1000;
const { random } = Math;

/**
 * Waits for the first of several sources that has something, and takes it. It takes nothing from the others. A queue that
 * is closed and empty is ready: its result is `{ state: "closed" }`, each time.
 *
 * Fair: of several ready sources, each is taken from with the same probability. **Cost.** If a source is ready, that of a
 * `tryGet` of each source that is checked before; otherwise a wait for each source. To wait for one queue, use its `get`.
 *
 * Rejects with a {@linkcode WaitTimeoutError} if `timeout` passes first, or with the signal's reason. At the end of the
 * time there was a moment at which no queue and no connection was ready.
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
export async function select<const S extends readonly Selectable[]>(
  sources: S,
  limits?: WaitLimits,
): Promise<SelectedOf<S>> {
  const timeout = checkLimits(CALL, limits);
  if (!isA(sources, Array) || sources.length === 0 || !sources.every(isSelectable)) {
    throw refusal("Cannot select: `sources` takes an array of queues and connections, at least one");
  }
  limits?.signal?.throwIfAborted();
  const selections = sources.map((source) => source[SELECT]());
  const deadline = new AbortController();
  const timer = timeout ? setTimeout(() => deadline.abort(OVER), timeout) : undefined;
  try {
    for (;;) {
      const isLast = deadline.signal.aborted || timeout === 0;
      const selected = takeAny(selections) ?? (isLast ? takeAnyArrived(selections) : undefined);
      if (selected !== undefined) return selected as SelectedOf<S>;
      limits?.signal?.throwIfAborted();
      if (isLast) {
        throw new WaitTimeoutError(`Cannot ${CALL}: it took longer than ${timeout} ms`);
      }
      const signals = limits?.signal ? [deadline.signal, limits.signal] : [deadline.signal];
      await waitForAny(selections, signals);
    }
  } finally {
    clearTimeout(timer);
  }
}

function isSelectable(value: Selectable | null | undefined): boolean {
  try {
    return typeof value?.[SELECT] === "function";
  } catch {
    // A revoked proxy.
    return false;
  }
}

// Looks at the sources in a random order. Going around from a random start would not be fair: of two ready sources behind
// an idle one, the first would also be taken when the start is the idle one.
function takeAny<R>(selections: readonly Selection<R>[]): Selected<R> | undefined {
  const order = selections.map((_, index) => index);
  for (let left = order.length; left > 0; left--) {
    const at = Math.floor(random() * left);
    const index = order[at];
    order[at] = order[left - 1];
    const result = selections[index].take();
    if (result !== undefined) return { index, result };
  }
}

// Checks again as long as something arrives meanwhile. Between the checks of two sources, another thread can fill the one
// that was empty and empty the other. If all were seen empty and nothing has arrived, all were empty at one moment.
function takeAnyArrived<R>(selections: readonly Selection<R>[]): Selected<R> | undefined {
  for (let checks = 0; checks < MAX_CHECKS; checks++) {
    const arrivals = selections.map((each) => each.arrivals?.());
    const selected = takeAny(selections);
    if (selected !== undefined) return selected;
    if (selections.every((each, i) => each.arrivals?.() === arrivals[i])) return undefined;
  }
}

// Resolves when one source is ready or a signal aborts. Each source that woke this call wakes another consumer: this call
// may then take from a different source, and the item would stay while its other consumers sleep.
async function waitForAny<R>(selections: readonly Selection<R>[], signals: AbortSignal[]): Promise<void> {
  const stopping = new AbortController();
  const stop = () => stopping.abort(OVER);
  for (const signal of signals) signal.addEventListener("abort", stop);
  try {
    await RuntimePromise.all(selections.map(async (selection) => {
      try {
        await selection.ready(stopping.signal);
        selection.passNotificationOn();
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
