/**
 * `UnobservedFailures`: the failures that no code has observed yet. A promise that nothing awaits is reported as an unhandled
 * rejection as soon as the microtasks have run, so several futures could not be awaited one after another. The failure of a
 * future is therefore reported later:
 *
 * ```
 * failure -- 5 s --> printed on stderr, once -- end of the script --> unhandled rejection: exit code 1
 *    \------- observed at any time: nothing more happens -------/
 * ```
 *
 * The end of a pool plays no part: a loop that awaits futures one by one may go on after it. `Deno.exit` ends the script
 * without unhandled rejections; the failures that were not printed yet are printed then.
 *
 * @module
 */
import { IsopoolError } from "../core/base_error.ts";
import { performance, Promise } from "../core/platform.ts";
import { clearTimeout, setTimeout, type Timer } from "../core/timer.ts";
import { type PrintedFailure, printFailures } from "./failure_notices.ts";

/** Milliseconds that a failure has before it is printed. */
const PRINT_AFTER = 5_000;
/** Failures that are due within this time, in milliseconds, are printed together. */
const PRINT_WINDOW = 1_000;
/** Number of printed failures that are kept for the end of the script. Beyond it the oldest are only counted. */
const MAX_KEPT = 100;

/** The number of unobserved failures of one `UnobservedFailures`, without the dropped ones. */
interface Counter {
  count: number;
}

interface Failure extends PrintedFailure {
  /** When it failed, as `performance.now()`. */
  readonly since: number;
  readonly counter: Counter;
  /** Whether code can observe it. */
  readonly isOwned: boolean;
}

// The failures of this isolate by their owners, the oldest first. printDue moves them from the first map to the second.
const unprinted = new Map<object, Failure>();
const printed = new Map<object, Failure>();
/** Counts the failures beyond MAX_KEPT. A service that forgets failures would otherwise keep about 4 KB for each, for ever. */
class DroppedFailures {
  readonly #owners = new WeakMap<object, Counter>();
  readonly #counts = new WeakMap<Counter, number>();
  total = 0;

  countOf(counter: Counter): number {
    return this.#counts.get(counter) ?? 0;
  }

  add(owner: object, counter: Counter): void {
    this.#owners.set(owner, counter);
    this.#change(counter, 1);
  }

  delete(owner: object): void {
    const counter = this.#owners.get(owner);
    if (!counter) return;
    this.#owners.delete(owner);
    this.#change(counter, -1);
  }

  #change(counter: Counter, by: number): void {
    this.#counts.set(counter, this.countOf(counter) + by);
    this.total += by;
  }
}

// Replaced when they have been reported: an owner that is observed later must not be subtracted from the next ones.
let dropped = new DroppedFailures();
let timer: Timer | undefined;
let isListening = false;

/** The unobserved failures of one pool. */
export class UnobservedFailures {
  readonly #counter: Counter = { count: 0 };

  /** Number of failures that no code has observed. */
  get count(): number {
    return this.#counter.count + dropped.countOf(this.#counter);
  }

  /**
   * Adds a failure, until its owner (a future or a collector) is observed.
   *
   * @param what Names the task, in what is printed.
   */
  add(owner: object, reason: unknown, what: string): void {
    add(owner, { what, reason, since: performance.now(), counter: this.#counter, isOwned: true });
  }

  /** Adds a failure that no code can observe. */
  addUnowned(reason: unknown, what: string): void {
    add({}, { what, reason, since: performance.now(), counter: this.#counter, isOwned: false });
  }

  /** Removes the failure of an owner that was observed. */
  delete(owner: object): void {
    remove(owner);
    update();
  }

  /** Reports the failures that no code can observe, as unhandled rejections. */
  [Symbol.dispose](): void {
    for (const [owner, { counter, isOwned, reason }] of [...printed, ...unprinted]) {
      if (counter !== this.#counter || isOwned) continue;
      remove(owner);
      Promise.reject(reason);
    }
    update();
  }
}

function add(owner: object, failure: Failure): void {
  failure.counter.count++;
  unprinted.set(owner, failure);
  update();
}

function remove(owner: object): void {
  const failure = unprinted.get(owner) ?? printed.get(owner);
  if (!failure) return dropped.delete(owner);
  failure.counter.count--;
  unprinted.delete(owner);
  printed.delete(owner);
}

// Starts or stops the timer and the listeners, as the failures require.
function update(): void {
  if (unprinted.size === 0) {
    clearTimeout(timer);
    timer = undefined;
  } else if (timer === undefined) startTimer(PRINT_AFTER);
  const hasAny = unprinted.size + printed.size + dropped.total > 0;
  if (hasAny === isListening) return;
  isListening = hasAny;
  const change = hasAny ? "addEventListener" : "removeEventListener";
  globalThis[change]("beforeunload", reportAtEnd);
  globalThis[change]("unload", printAll);
}

function startTimer(ms: number): void {
  timer = setTimeout(printDue, ms);
  // The script may end before; `reportAtEnd` runs then.
  timer.unref();
}

function printDue(): void {
  timer = undefined;
  const now = performance.now();
  const due: Failure[] = [];
  for (const [owner, failure] of unprinted) {
    const wait = failure.since + PRINT_AFTER - now;
    if (wait > PRINT_WINDOW) {
      startTimer(Math.ceil(wait));
      break;
    }
    unprinted.delete(owner);
    printed.set(owner, failure);
    due.push(failure);
  }
  for (const [owner, { counter }] of printed) {
    if (printed.size <= MAX_KEPT) break;
    remove(owner);
    dropped.add(owner, counter);
  }
  printFailures(due, false);
}

// `Deno.exit` was called, or the script ends after `reportAtEnd`.
function printAll(): void {
  printFailures([...unprinted.values()], true);
}

function reportAtEnd(event: Event): void {
  const unseen = new Set(unprinted.values());
  const rejections = new Map<Promise<never>, Failure>();
  for (const [owner, failure] of [...unprinted, ...printed]) {
    remove(owner);
    rejections.set(Promise.reject(failure.reason), failure);
  }
  const { total } = dropped;
  dropped = new DroppedFailures();
  if (total > 0) {
    Promise.reject(
      new IsopoolError(
        `Other failures that no code has handled (${total}): await each future and all results, or attach a handler`,
      ),
    );
  }
  update();
  // The runtime ends the script at the first rejection that no listener takes: the others are printed before.
  const onRejection = (event: PromiseRejectionEvent): void => {
    const failure = rejections.get(event.promise as Promise<never>);
    if (!failure) return;
    unseen.delete(failure);
    rejections.delete(event.promise as Promise<never>);
    if (rejections.size === 0) globalThis.removeEventListener("unhandledrejection", onRejection);
    if (event.defaultPrevented) return;
    printFailures([...unseen], true);
    unseen.clear();
  };
  globalThis.addEventListener("unhandledrejection", onRejection);
  // Keeps the event loop for one more turn: Deno ignores a rejection that is made while the script ends.
  event.preventDefault();
}
