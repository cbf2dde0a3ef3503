/**
 * `Burst`: the calls that a caller submits in one go. The dispatcher runs when the caller pauses; without a run before that,
 * the workers would be idle while a loop submits thousands of calls.
 *
 * @module
 */
import type { Job } from "./job.ts";

/**
 * Calls, and milliseconds of their work, from which on they are sent before the caller pauses. A run of the dispatcher for
 * fewer calls costs more than their workers gain, and so do several wakes of a worker, 50 us each, for less work.
 */
const MANY_CALLS = 32;
const MUCH_WORK = 0.5;

/** Counts the calls of a burst. */
export class Burst {
  // Single calls that the last run has left in the backlog, those that have entered it since, and milliseconds of their work.
  #left = 0;
  #count = 0;
  #work = 0;
  // Whether nothing but these calls waited when the current run began.
  #wasAlone = false;

  /**
   * Counts a job that has entered the backlog. Returns whether the burst should be sent.
   *
   * Only single calls count, and only if nothing else waits: a run that reads the input of a map runs the code of its caller,
   * which must not happen inside of somebody else's `submit`.
   */
  add({ kind, task: { estimate = NaN } }: Job, backlog: { readonly size: number }): boolean {
    this.#work += kind === "call" ? estimate : NaN;
    return ++this.#count >= MANY_CALLS && this.#work >= MUCH_WORK && this.#isAlone(backlog);
  }

  /** The dispatcher begins a run. What the input of a map submits while it is read begins no other one. */
  sending(backlog: { readonly size: number }): void {
    this.#wasAlone = this.#isAlone(backlog);
    this.#work = NaN;
  }

  /** The dispatcher has ended its run. */
  sent(backlog: { readonly size: number }): void {
    this.#left = this.#wasAlone ? backlog.size : 0;
    this.#work = this.#count = 0;
  }

  #isAlone({ size }: { readonly size: number }): boolean {
    return size === this.#left + this.#count;
  }
}
