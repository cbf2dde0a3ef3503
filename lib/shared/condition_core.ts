/**
 * How a condition waits and notifies: it runs the state machines of steps/condition.ts, and suspends the caller's guard while
 * the lock is released.
 *
 * @module
 */
import { performance } from "../core/platform.ts";
import { badOption, integer, refusal } from "../core/validate.ts";
import { type Guard, resumeGuard, suspendGuard } from "./guard.ts";
import type { Handle } from "./handle.ts";
import type { LockCore } from "./lock_core.ts";
import { newMemory, receivedMemory, SharedWords } from "./memory.ts";
import { isMainThread } from "./owner_table.ts";
import { runAsync } from "./run_async.ts";
import { runSync } from "./run_sync.ts";
import { Stage, stopTakingLock, wait } from "./steps/condition.ts";
import { notify } from "./steps/condition_notify.ts";
import { conditionWords } from "./steps/condition_words.ts";
import { waitsForItself } from "./steps/lock.ts";
import { type Frame, type Outcome, Result, WAIT as SLEEP, type Words } from "./steps/step.ts";
import {
  type BlockLimits,
  checkBlockLimits,
  checkLimits,
  type Machine,
  newMachine,
  runToEnd,
  type WaitLimits,
} from "./waiting.ts";

/** The call of a wait, for messages. */
export const WAIT = "wait for Condition";
const NOTIFY = "notify Condition";
/** Results of a wait that ends without the lock. */
const WITHOUT_LOCK: readonly number[] = [Result.ABANDONED, Result.LOST, Result.NOT_LOCKED, Result.CORRUPT];
/** Minimum milliseconds that the main thread blocks for the lock after a wait. */
const MIN_RELOCK = 1_000;

/** The words of a condition, and its lock. */
export class ConditionCore {
  readonly memory: SharedArrayBuffer;
  readonly #lock: LockCore;
  readonly #words: SharedWords;
  readonly #maxWaiters: number;

  constructor(lock: LockCore, maxWaiters: number, handle: Handle | undefined) {
    const count = conditionWords(maxWaiters);
    this.memory = handle ? receivedMemory(handle, count) : newMemory(count);
    this.#lock = lock;
    this.#maxWaiters = maxWaiters;
    this.#words = new SharedWords(this.memory, lock.words.owners);
  }

  /** Waits for a notification; the guard holds the lock again after that, unless the lock is abandoned. */
  async wait(guard: Guard, limits: WaitLimits | undefined): Promise<void> {
    const timeout = checkLimits(WAIT, limits);
    limits?.signal?.throwIfAborted();
    suspendGuard(guard, this.#lock, WAIT);
    const machine = this.#newWait(timeout);
    try {
      await runAsync(machine, limits?.signal);
    } finally {
      resumeGuard(guard, stillHeld(machine));
    }
    this.#throwIfFull(machine);
  }

  /** Waits like `wait`, and blocks this thread. */
  waitSync(guard: Guard, limits: BlockLimits | undefined): void {
    const timeout = checkBlockLimits(WAIT, limits);
    suspendGuard(guard, this.#lock, WAIT);
    const machine = this.#newWait(timeout, blocking(isMainThread ? Math.max(timeout!, MIN_RELOCK) : Infinity));
    try {
      runSync(machine);
    } finally {
      resumeGuard(guard, stillHeld(machine));
    }
    this.#throwIfFull(machine);
  }

  /** Wakes the `count` waiters that have waited longest. */
  notify(guard: Guard, count: number): void {
    integer(NOTIFY, "count", count, 0);
    // For the check alone: the guard must hold the condition's lock. Nothing is released.
    suspendGuard(guard, this.#lock, NOTIFY);
    resumeGuard(guard, true);
    // One at a time: the machine reads all slots for each waiter, and a bound on its steps must not cut that short.
    for (let left = Math.min(count, this.#maxWaiters); left > 0; left--) {
      if (runToEnd(NOTIFY, this.#words, notify, 1, this.#maxWaiters).a > 0) break;
    }
  }

  #newWait(timeout: number | undefined, step = wait): Machine {
    const { words: lock } = this.#lock;
    const machine = newMachine(WAIT, this.#words, timeout, (words, frame) => step(words, lock, frame));
    machine.frame.b = this.#maxWaiters;
    return machine;
  }

  #throwIfFull({ frame }: Machine): void {
    if (frame.result !== Result.FULL) return;
    throw refusal(`Cannot ${WAIT}: ${this.#maxWaiters} wait already: raise \`maxWaiters\``, RangeError);
  }
}

/** Checks the function of a `waitFor`. A promise is truthy, so a function that returns one would end the wait at once. */
export function checkPredicate(condition: () => boolean): () => boolean {
  if (typeof condition !== "function") throw badOption(WAIT, "condition", condition, "a function", false);
  return () => {
    const holds: unknown = condition();
    if (typeof holds === "object" && holds !== null && "then" in holds) {
      throw refusal(`Cannot ${WAIT}: \`condition\` returned a promise: it must return true or false`);
    }
    return Boolean(holds);
  };
}

function stillHeld({ frame }: Machine): boolean {
  return !WITHOUT_LOCK.includes(frame.result);
}

/**
 * Makes the step of a wait that blocks its thread. Such a wait must not need its own thread in order to go on: a lock that
 * this thread seems to hold is corrupt. `relock` is the maximum number of milliseconds that it takes for the lock.
 */
function blocking(relock: number): typeof wait {
  let end: number | undefined;
  return (words: Words, lock: Words, frame: Frame): Outcome => {
    const outcome = wait(words, lock, frame);
    if (outcome !== SLEEP || frame.stage !== Stage.ACQUIRE) return outcome;
    if (waitsForItself(frame, outcome)) return stopTakingLock(lock, frame, Result.CORRUPT);
    end ??= performance.now() + relock;
    return performance.now() < end ? outcome : stopTakingLock(lock, frame, Result.NOT_LOCKED);
  };
}
