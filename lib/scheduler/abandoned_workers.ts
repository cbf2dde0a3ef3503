/**
 * `AbandonedWorkers`: the workers of one pool that could not be stopped and may still run. It counts them, prints one
 * warning, and breaks the pool when there are too many: each may keep a core busy until the script ends.
 *
 * @module
 */
import { BrokenPoolError } from "../core/errors.ts";
import { JSON } from "../core/platform.ts";
import type { TaskEntry } from "./job.ts";

/** Living abandoned workers that every pool may have, however small. */
const MIN_LIMIT = 4;

/** The abandoned workers of one pool. */
export class AbandonedWorkers {
  readonly #limit: number;
  #living = 0;
  #warned = false;

  /**
   * @param workers Maximum number of workers of the pool.
   * @param limit Maximum number of living abandoned workers; by default twice the workers, and at least 4.
   */
  constructor(workers: number, limit: number = Math.max(MIN_LIMIT, 2 * workers)) {
    this.#limit = limit;
  }

  /** How many abandoned workers have not ended. */
  get living(): number {
    return this.#living;
  }

  /**
   * Counts a worker, which ran `task`. Returns the error that breaks the pool, if there are more than the limit.
   *
   * @param isEnding Whether the scheduler has ended. Then a call that costs no thread needs no warning.
   */
  add(task: TaskEntry | undefined, isEnding = false): BrokenPoolError | undefined {
    this.#living++;
    const what = nameOf(task);
    if (!this.#warned && !(isEnding && this.#limit === Infinity)) {
      this.#warned = true;
      console.warn(
        `isopool: ${what} did not stop, and nothing in this process can stop it. The pool has given it up and replaced ` +
          "its worker; it may use a core and memory until the script ends, and the script can end all the same. Check " +
          "`context.signal` in long loops and after each `await`. docs/timeouts.md says which code each backend cannot stop. " +
          "Each pool prints this once",
      );
    }
    if (this.#living <= this.#limit) return undefined;
    return new BrokenPoolError(
      `Pool is broken: ${this.#living} of its workers could not be stopped and still run, the last one in ${what}: ` +
        "check `context.signal` in long loops. Threads (a pool without `permissions`) can be stopped by force in most " +
        'code, processes (backend "process") in all',
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
