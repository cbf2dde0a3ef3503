/**
 * `PriorityAging`: the turn of a priority that others have gone before for too long. Without it, a pool that always has
 * calls of a high priority would never run one of a low priority.
 *
 * ```
 * passed over: a call of a higher priority was sent while this one waited
 *   |<------------ priorityAging ------------>| this priority is next, once; then its time starts again
 * ```
 *
 * @module
 */
import { performance } from "../core/platform.ts";

/** What waits with one priority. */
export interface AgingLevel {
  readonly priority: number;
  /** Whether it has calls that wait. */
  readonly ready: boolean;
  /** Since when others have gone before it, on the `performance.now()` clock; `0` if none has. */
  passedOverSince: number;
}

/** Number of checks of the levels in the time that one may be passed over. A check takes longer the more levels there are. */
const CHECKS = 16;

/** The ageing of one backlog. */
export class PriorityAging<L extends AgingLevel> {
  readonly #ms: number;
  #due: L | undefined;
  #nextCheck = 0;

  /** @param ms Milliseconds that a level is passed over at most; `Infinity`: for ever. */
  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Whether a level has its turn because it was passed over for too long. */
  isDue(level: L): boolean {
    return this.#due === level;
  }

  /** Returns the level whose turn it is: `first`, the highest that is ready, or one that was passed over for too long. */
  choose(levels: readonly L[], first: L): L {
    // A nested call must not wait: the call that made it waits, and holds a worker.
    if (this.#ms === Infinity || first.priority === Infinity) return first;
    if (this.#due?.ready) return this.#due;
    this.#due = undefined;
    const now = performance.now();
    if (now < this.#nextCheck) return first;
    this.#nextCheck = now + this.#ms / CHECKS;
    for (const level of levels) {
      if (level === first || !level.ready) level.passedOverSince = 0;
      else if (level.passedOverSince === 0) level.passedOverSince = now;
      else if (now - level.passedOverSince >= this.#ms && !(this.#due && isLonger(this.#due, level))) this.#due = level;
    }
    return this.#due ?? first;
  }

  /** A level was served: its time starts again. */
  served(level: L): void {
    level.passedOverSince = 0;
    if (this.#due !== level) return;
    this.#due = undefined;
    this.#nextCheck = 0;
  }
}

function isLonger(one: AgingLevel, other: AgingLevel): boolean {
  return one.passedOverSince <= other.passedOverSince;
}
