/**
 * The workers of one pool that nothing could stop and that may still burn: counts them, tells of them once, and says
 * when there are too many.
 *
 * @module
 */
import { BrokenPoolError } from "../core/errors.ts";
import type { TaskEntry } from "./job.ts";

/** Living abandoned workers that every pool may have, however small. */
const LEAST = 4;

/** The abandoned workers of one pool. */
export class AbandonedWorkers {
  readonly #most: number;
  #living = 0;
  #warned = false;

  /** @param workers Most workers of the pool. */
  constructor(workers: number) {
    this.#most = Math.max(LEAST, 2 * workers);
  }

  /** How many may still burn. */
  get living(): number {
    return this.#living;
  }

  /** Counts one, with the task that it ran. Returns what breaks the pool if it is one too many. */
  add(task: TaskEntry | undefined): BrokenPoolError | undefined {
    this.#living++;
    const what = nameOf(task);
    if (!this.#warned) {
      this.#warned = true;
      console.warn(
        `isopool: ${what} did not stop, and nothing can stop it: a worker under \`permissions\` is interrupted before ` +
          "the first `await` of a task with a `timeout`, not after. It was given up and replaced; it may burn a core " +
          "until the script ends, which it does not prevent. Look at `context.signal` in long loops, or run the task " +
          "in a pool without `permissions`. Said once for each pool",
      );
    }
    if (this.#living <= this.#most) return undefined;
    return new BrokenPoolError(
      `Pool is broken: ${this.#living} of its workers could not be stopped and still run, the last one in ${what}: ` +
        "code that may not end belongs into a pool without `permissions`, whose threads are stopped by force, or into " +
        "a process (a backend to come)",
    );
  }

  /** One has ended after all. */
  remove(): void {
    this.#living--;
  }
}

function nameOf(task: TaskEntry | undefined): string {
  if (!task) return "a worker";
  return "url" in task.source ? `task ${JSON.stringify(task.source.name)} of ${task.source.url}` : "an inline task";
}
