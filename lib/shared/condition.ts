/**
 * Waiting, under a lock, for something that others change under the same lock.
 *
 * @module
 */
import { WaitTimeoutError } from "../core/errors.ts";
import { integer } from "../core/validate.ts";
import { type Guard, lendGuard, settleGuard } from "./guard.ts";
import { BRAND, type Handle, handleOfArrival, registerKind, Shared, VERSION } from "./handle.ts";
import { coreOf, Lock, type LockBlockOptions, type LockOptions } from "./lock.ts";
import { newMemory, SharedWords } from "./memory.ts";
import { runAsync } from "./run_async.ts";
import { runSync } from "./run_sync.ts";
import { await_, conditionWords, notify } from "./steps/condition.ts";
import { Result } from "./steps/step.ts";
import {
  type BlockLimits,
  checkBlock,
  checkLimits,
  type Machine,
  running,
  runThrough,
  type WaitLimits,
} from "./waiting.ts";

const KIND = "condition";
const CREATE = "create Condition";
const WAIT = "wait for Condition";
const MOST = 4096;

/** Options of a {@linkcode Condition}. */
export interface ConditionOptions {
  /** Its lock; conditions may share one. @default a new one */
  lock?: Lock;
  /** How many can wait at once, 1 to 4,096; `notify` looks at all their places. @default 64 */
  maxWaiters?: number;
}

/**
 * A condition variable in shared memory (`threading.Condition`). It can be an argument or result of a task, at any
 * depth, together with what it is about.
 *
 * Every call takes the guard that proves that its lock is held. `wait` releases the lock, sleeps until notified, and
 * holds the lock again when it returns or throws. `notify(guard, n)` wakes exactly the n that have waited longest.
 * Look again after a wait, as `waitFor` does: between the notification and the lock, others may have been there.
 *
 * **Death.** A thread that dies while it waits is skipped. If one dies after it was notified and before it got the lock,
 * all others wake, so that its notification is not lost. If the holder of the lock dies, everybody's `wait` throws a
 * {@linkcode LockAbandonedError} within 50 ms, and the guard is released then.
 *
 * @example A place for one item
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Condition, Value } from "@isopool/isopool";
 *
 * const item = new Value("i32", 0);
 * const changed = new Condition();
 *
 * async function take() {
 *   using guard = await changed.acquire();
 *   await changed.waitFor(guard, () => item.get() !== 0);
 *   return item.exchange(0);
 * }
 *
 * const taken = take();
 * {
 *   using guard = await changed.acquire();
 *   item.set(7);
 *   changed.notify(guard);
 * }
 * assertEquals(await taken, 7);
 * ```
 */
export class Condition extends Shared {
  /** Its lock. */
  readonly lock: Lock;
  /** How many can wait at once. */
  readonly maxWaiters: number;
  readonly #memory: SharedArrayBuffer;
  readonly #words: SharedWords;

  /** Creates a condition. */
  constructor(options: ConditionOptions = {}) {
    super();
    const { lock = new Lock(), maxWaiters = 64, memory } = handleOfArrival(options) as
      & ConditionOptions
      & { memory?: SharedArrayBuffer } ?? options;
    if (!(lock instanceof Lock)) throw new TypeError(`Cannot ${CREATE}: \`lock\` takes a Lock`);
    this.lock = lock;
    this.maxWaiters = integer(CREATE, "maxWaiters", maxWaiters, 1);
    if (maxWaiters > MOST) throw new RangeError(`Cannot ${CREATE}: \`maxWaiters\` takes 1 to ${MOST}`);
    this.#memory = memory ?? newMemory(conditionWords(maxWaiters));
    this.#words = new SharedWords(this.#memory, coreOf(lock).words.owners);
  }

  /** Takes its lock, like {@linkcode Lock.acquire}. */
  acquire(options?: LockOptions): Promise<Guard> {
    return this.lock.acquire(options);
  }

  /** Takes its lock and blocks this thread until then, like {@linkcode Lock.acquireSync}. */
  acquireSync(options?: LockBlockOptions): Guard {
    return this.lock.acquireSync(options);
  }

  /**
   * Releases the lock, waits for a notification, takes the lock again. The limits are those of waiting for the
   * notification: however it ends, it ends with the lock held.
   *
   * @throws {WaitTimeoutError} If `timeout` passes first.
   * @throws {LockAbandonedError} If who had the lock then has died; the guard is released.
   * @throws {RangeError} If `maxWaiters` wait already.
   */
  async wait(guard: Guard, limits?: WaitLimits): Promise<void> {
    const timeout = checkLimits(WAIT, limits);
    limits?.signal?.throwIfAborted();
    lendGuard(guard, coreOf(this.lock), WAIT);
    const run = this.#waiting(timeout);
    try {
      await runAsync(run, limits?.signal);
    } finally {
      settleGuard(guard, stillHeld(run));
    }
    this.#checkRoom(run);
  }

  /** Waits like {@linkcode Condition.wait}, and blocks this thread. */
  waitSync(guard: Guard, limits?: BlockLimits): void {
    const timeout = checkBlock(WAIT, limits);
    lendGuard(guard, coreOf(this.lock), WAIT);
    const run = this.#waiting(timeout);
    try {
      runSync(run);
    } finally {
      settleGuard(guard, stillHeld(run));
    }
    this.#checkRoom(run);
  }

  /** Waits until `condition` holds: looks at it under the lock, now and after each notification. */
  async waitFor(guard: Guard, condition: () => boolean, limits: WaitLimits = {}): Promise<void> {
    const end = deadline(checkLimits(WAIT, limits));
    while (!condition()) await this.wait(guard, { ...limits, timeout: end() });
  }

  /** Waits until `condition` holds, like {@linkcode Condition.waitFor}, and blocks this thread. */
  waitForSync(guard: Guard, condition: () => boolean, limits: BlockLimits = {}): void {
    const end = deadline(checkBlock(WAIT, limits));
    while (!condition()) this.waitSync(guard, { timeout: end() });
  }

  /** Wakes the `count` that have waited longest, or all if they are fewer. They go on when the lock is released. */
  notify(guard: Guard, count: number = 1): void {
    const call = "notify Condition";
    integer(call, "count", count, 0);
    lendGuard(guard, coreOf(this.lock), call);
    settleGuard(guard, true);
    runThrough(this.#words, notify, Math.min(count, this.maxWaiters), this.maxWaiters);
  }

  /** Wakes all that wait. */
  notifyAll(guard: Guard): void {
    this.notify(guard, this.maxWaiters);
  }

  /** Shows the state of its lock. */
  toString(): string {
    return `Condition(${this.lock})`;
  }

  /** @ignore */
  [BRAND](): Handle {
    const { lock, maxWaiters } = this;
    return { kind: KIND, version: VERSION, memory: this.#memory, lock, maxWaiters };
  }

  #waiting(timeout: number | undefined): Machine {
    const lock = coreOf(this.lock).words;
    const run = running(WAIT, this.#words, timeout, (words, frame) => await_(words, lock, frame));
    run.frame.b = this.maxWaiters;
    return run;
  }

  #checkRoom({ frame }: Machine): void {
    if (frame.result !== Result.FULL) return;
    throw new RangeError(`Cannot ${WAIT}: ${this.maxWaiters} wait already: see \`maxWaiters\``);
  }
}

function stillHeld({ frame }: Machine): boolean {
  return frame.result !== Result.ABANDONED && frame.result !== Result.LOST;
}

function deadline(timeout: number | undefined): () => number | undefined {
  if (timeout === undefined) return () => undefined;
  const end = performance.now() + timeout;
  return () => {
    const left = end - performance.now();
    if (left <= 0) throw new WaitTimeoutError(`Cannot ${WAIT}: it took longer than ${timeout} ms`);
    return left;
  };
}

registerKind(KIND, Condition);
