/**
 * `Throughput`: how quickly one worker gets through its calls, as far as its reports show.
 *
 * @module
 */
import { performance } from "../core/platform.ts";
import type { Counters } from "./counters.ts";
import { type Chunk, CLOSED, type TaskEntry } from "./job.ts";

/** A call that takes less than this, in milliseconds, is not worth moving to another worker. */
const WORTH_MOVING = 0.02;
/** Milliseconds without a report after which a worker counts as busy with one long call. */
export const REPORT_TIMEOUT = 2;
/** Milliseconds without a report after which a worker that has not started its next call may be blocked. */
const UNRESPONSIVE = 1_000;
/** A call is long if it takes this many times the average of its task. */
const STUCK_FACTOR = 4;
/** Milliseconds for which a worker that did not start a call, though it had room to run it, is given no further call. */
const BLOCKED = 50;
/** Weight of the newest measurement in a task's running average. */
const WEIGHT = 0.3;

/** The throughput of one worker. */
export class Throughput {
  /** Milliseconds in which its calls ran, as far as they have ended. */
  runTime = 0;
  #task: TaskEntry | undefined;
  // The arguments of the last call that has ended, until its time is known; CLOSED if none has since.
  #item: unknown = CLOSED;
  #spread = false;
  #lastReport = 0;
  // Of a worker that runs calls side by side: since when a call may wait there for its start, and until when it counts
  // as blocked.
  #waitingSince = Infinity;
  #blockedUntil = 0;

  /** The worker was idle and is sent calls: its silence counts from `now`. */
  begin(now: number): void {
    this.#lastReport = now;
  }

  /** Notes a call that ends: the next measurement is of its task. Comes before the chunk closes it. */
  callEnded({ job, items }: Chunk, offset: number): void {
    this.#task = job.task;
    this.#spread = job.spread;
    this.#item = items[offset];
  }

  /**
   * Adds a measurement, `count` calls in `ms` milliseconds, to the average of the task and the counters of the pool;
   * `false` if there is none to add. One after another, the calls would have taken `runTime`.
   */
  measured(
    count: number,
    ms: number,
    runTime: number,
    now: number,
    { counters }: { readonly counters: Counters },
    workerId: number,
  ): boolean {
    const elapsed = now - this.#lastReport;
    this.#waitingSince = this.#lastReport = now;
    this.#blockedUntil = 0;
    const task = this.#task;
    const item = this.#item;
    this.#item = CLOSED;
    if (!task || count === 0) return false;
    this.runTime += ms;
    counters.run.add(runTime / count, count);
    counters.transfer.add(Math.max(0, elapsed - ms) / count, count);
    if (count === 1 && item !== CLOSED) counters.slowest.add(runTime, task, item, this.#spread, workerId);
    task.runs?.add(runTime / count, count);
    const each = ms / count;
    task.estimate = task.estimate === undefined ? each : task.estimate + WEIGHT * (each - task.estimate);
    return true;
  }

  /** Whether its calls are worth moving to another worker, or the worker is silent. */
  get isSlow(): boolean {
    return (this.#task?.estimate ?? Infinity) >= WORTH_MOVING || performance.now() - this.#lastReport >= REPORT_TIMEOUT;
  }

  /** Whether the worker has been silent for so long that something may block it, if it has not started its next call. */
  get isUnresponsive(): boolean {
    return performance.now() - this.#lastReport >= UNRESPONSIVE;
  }

  /** When the worker last sent a report, on the `performance.now()` clock. */
  get lastReport(): number {
    return this.#lastReport;
  }

  /** When the worker will have been silent for longer than its calls usually take, on the `performance.now()` clock. */
  get stuckAt(): number {
    return this.#lastReport + this.#longestReportGap;
  }

  /** Notes that a worker which runs calls side by side was sent a call, which it should start soon. */
  sent(): void {
    if (this.#waitingSince === Infinity) this.#waitingSince = performance.now();
  }

  /** When a call that was sent has waited for its start for longer than calls usually take; `Infinity` if none waits. */
  get overdueAt(): number {
    return this.#waitingSince + this.#longestReportGap;
  }

  /** Notes that the calls that had not started were taken back, or that there were none (`found` is false). */
  checked(found: boolean): void {
    this.#waitingSince = Infinity;
    if (found) this.#blockedUntil = performance.now() + BLOCKED;
  }

  /** Until when the worker counts as blocked: it did not start a call, though it had room to run it. */
  get blockedUntil(): number {
    return this.#blockedUntil;
  }

  get #longestReportGap(): number {
    return Math.max(REPORT_TIMEOUT, STUCK_FACTOR * (this.#task?.estimate ?? 0));
  }
}
