/**
 * How quickly one worker gets through its calls, as far as it has been heard.
 *
 * @module
 */
import type { TaskEntry } from "./job.ts";

/** A call that takes less than this, in milliseconds, is not worth moving to another worker. */
const WORTH_MOVING = 0.02;
/** After so many milliseconds of silence, a worker counts as busy with one long call. */
export const SILENT = 2;
/** After so many milliseconds, a worker that has not taken a call hears nothing any more. */
const UNRESPONSIVE = 5_000;
/** So many times the usual is long for a call. */
const STUCK_FACTOR = 4;
/** Weight of the newest measurement in a task's running average. */
const WEIGHT = 0.3;

/** The pace of one worker. */
export class Throughput {
  #task: TaskEntry | undefined;
  #lastReport = 0;

  /** The worker has just been given something to do. */
  begin(): void {
    this.#lastReport = performance.now();
  }

  /** A call of this task has ended. */
  callEnded(task: TaskEntry): void {
    this.#task = task;
  }

  /** `count` calls took `ms` milliseconds; `false` if that says nothing. */
  measured(count: number, ms: number): boolean {
    this.#lastReport = performance.now();
    const task = this.#task;
    if (!task || count === 0) return false;
    const each = ms / count;
    task.estimate = task.estimate === undefined ? each : task.estimate + WEIGHT * (each - task.estimate);
    return true;
  }

  /** Whether its calls take long, or nothing was heard for long. */
  get isSlow(): boolean {
    return (this.#task?.estimate ?? Infinity) >= WORTH_MOVING || performance.now() - this.#lastReport >= SILENT;
  }

  /** Whether nothing was heard for so long that a worker with nothing to do must be lost. */
  get isUnresponsive(): boolean {
    return performance.now() - this.#lastReport >= UNRESPONSIVE;
  }

  /** Whether nothing was heard for longer than its calls take. */
  isStuck(now: number): boolean {
    return now - this.#lastReport >= Math.max(SILENT, STUCK_FACTOR * (this.#task?.estimate ?? 0));
  }
}
