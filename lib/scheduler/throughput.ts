/**
 * `Throughput`: how quickly one worker gets through its calls, as far as its reports show.
 *
 * @module
 */
import type { TaskEntry } from "./job.ts";

/** A call that takes less than this, in milliseconds, is not worth moving to another worker. */
const WORTH_MOVING = 0.02;
/** A worker that has reported nothing for so many milliseconds counts as busy with one long call. */
export const SILENCE = 2;
/** A worker that has reported nothing for so many milliseconds, and has not started its next call, is stopped. */
const UNRESPONSIVE = 5_000;
/** A call that takes so many times the average of its task is long. */
const STUCK_FACTOR = 4;
/** Weight of the newest measurement in a task's running average. */
const WEIGHT = 0.3;

/** The throughput of one worker. */
export class Throughput {
  #task: TaskEntry | undefined;
  #lastReport = 0;

  /** The worker was idle and is sent calls: its silence counts from now. */
  begin(): void {
    this.#lastReport = performance.now();
  }

  /** Notes the task of a call that has ended: the next measurement is of that task. */
  callEnded(task: TaskEntry): void {
    this.#task = task;
  }

  /** Adds a measurement, `count` calls in `ms` milliseconds, to the average of the task; `false` if there is none to add. */
  measured(count: number, ms: number): boolean {
    this.#lastReport = performance.now();
    const task = this.#task;
    if (!task || count === 0) return false;
    const each = ms / count;
    task.estimate = task.estimate === undefined ? each : task.estimate + WEIGHT * (each - task.estimate);
    return true;
  }

  /** Whether its calls are worth moving to another worker, or the worker is silent. */
  get isSlow(): boolean {
    return (this.#task?.estimate ?? Infinity) >= WORTH_MOVING || performance.now() - this.#lastReport >= SILENCE;
  }

  /** Whether the worker has been silent for so long that it must be stopped if it has not started its next call. */
  get isUnresponsive(): boolean {
    return performance.now() - this.#lastReport >= UNRESPONSIVE;
  }

  /** Whether the worker has been silent for longer than its calls usually take. */
  isStuck(now: number): boolean {
    return now - this.#lastReport >= Math.max(SILENCE, STUCK_FACTOR * (this.#task?.estimate ?? 0));
  }
}
