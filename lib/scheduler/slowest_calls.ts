/**
 * `SlowestCalls`: the slowest calls of a pool so far, with their arguments in a few words.
 *
 * @module
 */
import { itemText } from "./item_text.ts";
import type { TaskEntry } from "./job.ts";
import { describeTask } from "./task_name.ts";

/** A call that took long. */
export interface SlowCall {
  /** The task, as in messages. */
  readonly task: string;
  /** Its arguments, at most 60 characters. */
  readonly args: string;
  /** How long it ran, in milliseconds. */
  readonly ms: number;
  /** Id of the worker that ran it. */
  readonly workerId: number;
}

/** Number of calls that are kept. */
const KEPT = 5;

/** Keeps the slowest calls. Only a call that is one of them costs more than a comparison. */
export class SlowestCalls {
  readonly #calls: SlowCall[] = [];
  #threshold = 0;

  /** The slowest calls, the slowest first. */
  get list(): SlowCall[] {
    return [...this.#calls];
  }

  /** Adds a call. `item` is its argument, or with `spread` its argument list. */
  add(ms: number, task: TaskEntry, item: unknown, spread: boolean, workerId: number): void {
    if (ms <= this.#threshold) return;
    this.#calls.push({ task: describeTask(task), args: itemText(item, spread), ms, workerId });
    this.#calls.sort((a, b) => b.ms - a.ms);
    if (this.#calls.length > KEPT) this.#calls.pop();
    if (this.#calls.length === KEPT) this.#threshold = this.#calls[KEPT - 1].ms;
  }
}
