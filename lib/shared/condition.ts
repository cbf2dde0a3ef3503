/**
 * A condition variable: a thread waits, under a lock, for a change that other threads make under the same lock.
 *
 * @module
 */
import { checkPredicate, ConditionCore, WAIT } from "./condition_core.ts";
import { checkConditionOptions, type ConditionOptions } from "./condition_options.ts";
import type { Guard } from "./guard.ts";
import { BRAND, type Handle, handleOfArrival, registerKind, Shared, VERSION } from "./handle.ts";
import { coreOf, type Lock } from "./lock.ts";
import type { LockBlockOptions, LockOptions } from "./lock_core.ts";
import { type BlockLimits, checkBlockLimits, checkLimits, deadlineOf, type WaitLimits } from "./waiting.ts";

const KIND = "condition";
export type { ConditionOptions };

/**
 * A condition variable in shared memory (`threading.Condition`). A task can take it as argument or return it, at any depth
 * of a value, together with the data that it is about.
 *
 * Every call takes the guard of the held lock. `wait` releases the lock, sleeps until notified, and holds the lock again
 * when it returns or throws. `notify(guard, n)` wakes exactly the n that have waited longest. A waiter must test its
 * condition again after a wait, as `waitFor` does: between the notification and the lock, another thread may have had it.
 *
 * ## Cost
 * For each waiter that it wakes, `notify` reads up to `2 * maxWaiters` words. A waiter reads `maxWaiters` every 50 ms.
 *
 * ## When not to use it
 * To pass items from thread to thread, use a `Queue`. For a flag that is set once, use {@linkcode SharedEvent}.
 *
 * ## Memory ordering
 * That of the lock: a waiter that holds the lock again sees everything that other threads wrote before they released it.
 *
 * ## Death
 * `notify` skips a thread that died while it waited. If a thread dies after it was notified and before it got the lock,
 * another waiter wakes within 50 ms, so that the notification is not lost. The next waiter can use the slot of a dead
 * thread, not that of a thread that was stopped and still runs. If the holder of the lock dies, the `wait` of every
 * thread fails with a {@linkcode LockAbandonedError} within 50 ms, and its guard is released then.
 */
export class Condition extends Shared {
  /** The lock of the condition. */
  readonly lock: Lock;
  /** How many threads and tasks can wait at once. */
  readonly maxWaiters: number;
  readonly #core: ConditionCore;

  /**
   * Creates a condition.
   *
   * @param options Its options; or its lock, as in Python.
   * @throws {TypeError} If that is neither.
   * @throws {RangeError} If `maxWaiters` is out of range.
   */
  constructor(options: ConditionOptions | Lock = {}) {
    super();
    const handle = handleOfArrival(options);
    const { lock, maxWaiters } = checkConditionOptions(
      handle as ConditionOptions | undefined ?? options,
      handle !== undefined,
    );
    this.lock = lock;
    this.maxWaiters = maxWaiters;
    this.#core = new ConditionCore(coreOf(lock), maxWaiters, handle);
  }

  /**
   * Takes the lock, like {@linkcode Lock.acquire}.
   *
   * @example Hold the lock of a condition
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Condition } from "@isopool/isopool";
   *
   * const changed = new Condition();
   * using guard = await changed.acquire({ timeout: 1_000 });
   * assertEquals([guard.held, changed.lock.locked], [true, true]);
   * ```
   */
  acquire(options?: LockOptions): Promise<Guard> {
    return this.lock.acquire(options);
  }

  /**
   * Takes the lock and blocks this thread until then, like {@linkcode Lock.acquireSync}.
   *
   * @example Block for at most 100 ms
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Condition } from "@isopool/isopool";
   *
   * using guard = new Condition().acquireSync({ timeout: 100 });
   * assertEquals(guard.held, true);
   * ```
   */
  acquireSync(options?: LockBlockOptions): Guard {
    return this.lock.acquireSync(options);
  }

  /**
   * Releases the lock, waits for a notification, takes the lock again. The limits apply to the wait for the notification
   * only: the call always ends with the lock held, unless the lock is abandoned.
   *
   * @example Sleep until notified
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Condition } from "@isopool/isopool";
   *
   * const changed = new Condition();
   * setTimeout(async () => {
   *   using guard = await changed.acquire();
   *   changed.notify(guard);
   * }, 1);
   * using guard = await changed.acquire();
   * await changed.wait(guard, { timeout: 1_000 });
   * assertEquals(guard.held, true);
   * ```
   *
   * @throws {WaitTimeoutError} If `timeout` passes first.
   * @throws {LockAbandonedError} If the thread that holds the lock has died; the guard is released.
   * @throws {RangeError} If `maxWaiters` wait already.
   */
  wait(guard: Guard, limits?: WaitLimits): Promise<void> {
    return this.#core.wait(guard, limits);
  }

  /**
   * Waits like {@linkcode Condition.wait}, and blocks this thread. The main thread waits `timeout` again for the lock, at
   * least 1 s; if it is not free by then, the call throws and the guard is released.
   *
   * @example Hold the lock again after a timeout
   * ```ts
   * import { assert, assertThrows } from "@std/assert";
   * import { Condition, WaitTimeoutError } from "@isopool/isopool";
   *
   * const changed = new Condition();
   * using guard = changed.acquireSync({ timeout: 100 });
   * assertThrows(() => changed.waitSync(guard, { timeout: 10 }), WaitTimeoutError);
   * assert(guard.held);
   * ```
   */
  waitSync(guard: Guard, limits?: BlockLimits): void {
    this.#core.waitSync(guard, limits);
  }

  /**
   * Waits until `condition` returns `true`: calls it under the lock, now and after each notification.
   *
   * @example Wait for the third item
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Condition, Counter } from "@isopool/isopool";
   *
   * const [changed, items] = [new Condition(), new Counter(2)];
   * setTimeout(async () => {
   *   using guard = await changed.acquire();
   *   items.add();
   *   changed.notify(guard);
   * }, 1);
   * using guard = await changed.acquire();
   * await changed.waitFor(guard, () => items.get() === 3, { timeout: 1_000 });
   * assertEquals(items.get(), 3);
   * ```
   */
  async waitFor(guard: Guard, condition: () => boolean, limits: WaitLimits = {}): Promise<void> {
    const end = deadlineOf(WAIT, checkLimits(WAIT, limits));
    const holds = checkPredicate(condition);
    while (!holds()) await this.wait(guard, { ...limits, timeout: end() });
  }

  /**
   * Waits until `condition` returns `true`, like {@linkcode Condition.waitFor}, and blocks this thread.
   *
   * @example Return at once if the condition holds
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Condition } from "@isopool/isopool";
   *
   * const changed = new Condition();
   * using guard = changed.acquireSync({ timeout: 100 });
   * changed.waitForSync(guard, () => true, { timeout: 100 });
   * assertEquals(guard.held, true);
   * ```
   */
  waitForSync(guard: Guard, condition: () => boolean, limits: BlockLimits = {}): void {
    const end = deadlineOf(WAIT, checkBlockLimits(WAIT, limits));
    const holds = checkPredicate(condition);
    while (!holds()) this.waitSync(guard, { timeout: end() });
  }

  /**
   * Wakes the `count` that have waited longest, or all if there are fewer. They continue once they have the lock.
   *
   * @example Wake one of two
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Condition } from "@isopool/isopool";
   *
   * const changed = new Condition();
   * const sleep = async (timeout: number) => {
   *   using guard = await changed.acquire();
   *   await changed.wait(guard, { timeout });
   * };
   * const sleeps = Promise.allSettled([sleep(1_000), sleep(20)]);
   * using guard = await changed.acquire();
   * changed.notify(guard, 1);
   * guard.release();
   * assertEquals((await sleeps).map(({ status }) => status), ["fulfilled", "rejected"]);
   * ```
   */
  notify(guard: Guard, count: number = 1): void {
    this.#core.notify(guard, count);
  }

  /**
   * Wakes all that wait.
   *
   * @example Wake all
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Condition } from "@isopool/isopool";
   *
   * const changed = new Condition();
   * const sleeps = [1, 2].map(async (n) => {
   *   using guard = await changed.acquire();
   *   await changed.wait(guard);
   *   return n;
   * });
   * using guard = await changed.acquire();
   * changed.notifyAll(guard);
   * guard.release();
   * assertEquals(await Promise.all(sleeps), [1, 2]);
   * ```
   */
  notifyAll(guard: Guard): void {
    this.notify(guard, this.maxWaiters);
  }

  /** Returns the state of its lock, as `Condition(Lock(free))`. */
  toString(): string {
    return `Condition(${this.lock})`;
  }

  /** @ignore */
  [BRAND](): Handle {
    const { lock, maxWaiters } = this;
    return { kind: KIND, version: VERSION, memory: this.#core.memory, lock, maxWaiters };
  }
}

registerKind(KIND, Condition);
