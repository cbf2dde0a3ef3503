/**
 * `AbandonedWorkers`: the workers of one pool that could not be stopped and may still run. It counts them, prints one
 * warning, and breaks the pool when there are too many: each may keep a core busy until the script ends.
 *
 * @module
 */
import { BrokenPoolError } from "../core/errors.ts";
import type { TaskEntry } from "./job.ts";

/** Living abandoned workers that every pool may have, however small. */
const MIN_LIMIT = 4;

/** The abandoned workers of one pool. */
export class AbandonedWorkers {
  readonly #limit: number;
  #living = 0;
  #warned = false;

  /** @param workers Most workers of the pool. */
  constructor(workers: number) {
    this.#limit = Math.max(MIN_LIMIT, 2 * workers);
  }

  /** How many have not ended. */
  get living(): number {
    return this.#living;
  }

  /** Counts a worker, which ran `task`. Returns the error that breaks the pool, if it is one too many. */
  add(task: TaskEntry | undefined): BrokenPoolError | undefined {
    this.#living++;
    const what = nameOf(task);
    if (!this.#warned) {
      this.#warned = true;
      console.warn(
        `isopool: ${what} did not stop, and nothing can stop it: a worker under \`permissions\` is interrupted before ` +
          "the first `await` of a task with a `timeout`, not after. The pool replaced the worker, which may keep a " +
          "core busy until the script ends; the script can end all the same. Check `context.signal` in long loops, or " +
          "run the task in a pool without `permissions`. Each pool prints this once",
      );
    }
    if (this.#living <= this.#limit) return undefined;
    return new BrokenPoolError(
      `Pool is broken: ${this.#living} of its workers could not be stopped and still run, the last one in ${what}: ` +
        "run code that may not end in a pool without `permissions`, whose threads are stopped by force, or in " +
        "a process (a backend to come)",
    );
  }

  /** Counts a worker out that has ended after all. */
  remove(): void {
    this.#living--;
  }
}

function nameOf(task: TaskEntry | undefined): string {
  if (!task) return "a worker";
  return "url" in task.source ? `task ${JSON.stringify(task.source.name)} of ${task.source.url}` : "an inline task";
}
