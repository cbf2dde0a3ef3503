/**
 * `Deadlines`: the deadlines of the calls of one job. A deadline counts from the submission to the end: the wait for a
 * worker, the run, and every attempt with the waits between them.
 *
 * @module
 */
import { TaskTimeoutError } from "../core/errors.ts";
import { performance } from "../core/platform.ts";
import { dropFrames } from "../core/stack.ts";
import { clearTimeout, setTimeout, type Timer } from "../core/timer.ts";
import { MAX_DELAY, type MedianLimit, timeLimit } from "../core/validate.ts";
import type { TaskEntry } from "../scheduler/job.ts";
import { taskAtStart } from "../scheduler/task_name.ts";
import type { Capabilities } from "./backends.ts";

/**
 * Makes the error of a call whose deadline of `ms` milliseconds has passed while it ran, or while it waited.
 *
 * @param wasTried Whether an attempt of the call has failed before.
 */
export function deadlineError(task: TaskEntry, ms: number, isRunning: boolean, wasTried: boolean): TaskTimeoutError {
  const what = isRunning
    ? `did not end within its deadline of ${ms} ms: it was stopped`
    : wasTried
    ? `was waiting for another attempt at its deadline of ${ms} ms: it was not started again`
    : `was still waiting at its deadline of ${ms} ms: it was not started`;
  const message = `${taskAtStart(task)} ${what}`;
  return dropFrames(new TaskTimeoutError(message, { timeout: ms, waiting: !isRunning }));
}

/** The time limits of one run. */
export interface RunLimits {
  /** Longest run of one call, in milliseconds. */
  timeout: number | undefined;
  /** The multiple of the median of the task's runs that is a limit, too. */
  medianFactor?: number | undefined;
}

/**
 * Checks the option `timeout`, and returns the limits of one run. A scoped worker can stop synchronous code only by a limit
 * that it knows when the code starts, so there the deadline is one, too.
 */
export function runLimits(
  action: string,
  { engine }: Capabilities,
  given: number | MedianLimit | undefined,
  deadline: number | undefined,
): RunLimits {
  const { ms, factor } = timeLimit(action, "timeout", given);
  // Without any limit, a worker would not record when a call starts.
  const timeout = factor === undefined ? ms : MAX_DELAY;
  const isLimited = engine === "web" && deadline !== undefined;
  return { timeout: isLimited ? Math.min(timeout ?? Infinity, deadline) : timeout, medianFactor: factor };
}

/** The deadlines of the calls of one job, by index. All have the same length, so they pass in the order of `add`. */
export class Deadlines {
  /** Milliseconds that each call has. */
  readonly ms: number;
  readonly #onPassed: (index: number) => void;
  readonly #due = new Map<number, number>();
  #timer: Timer | undefined;

  /** @param onPassed Called once with each call that was not removed in time. */
  constructor(ms: number, onPassed: (index: number) => void) {
    this.ms = ms;
    this.#onPassed = onPassed;
  }

  /** Starts the time of neighbouring calls, except of those whose time runs. */
  add(first: number, count = 1): void {
    const due = performance.now() + this.ms;
    for (let index = first; index < first + count; index++) if (!this.#due.has(index)) this.#due.set(index, due);
    this.#watch();
  }

  /** Removes neighbouring calls, which have ended. */
  remove(first: number, count = 1): void {
    for (let index = first; index < first + count; index++) this.#due.delete(index);
    if (this.#due.size === 0) this.clear();
  }

  /** Removes all calls. */
  clear(): void {
    this.#due.clear();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #watch(): void {
    if (this.#timer !== undefined) return;
    for (const due of this.#due.values()) {
      this.#timer = setTimeout(() => this.#check(), Math.max(0, Math.ceil(due - performance.now())));
      // The unfinished job keeps the script alive, unless its pool is paused or a daemon.
      this.#timer.unref();
      return;
    }
  }

  #check(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const [index, due] of this.#due) {
      if (due > now) break;
      this.#due.delete(index);
      this.#onPassed(index);
    }
    this.#watch();
  }
}
