/**
 * A re-entrant lock: the code that holds it can take it again, through its guard.
 *
 * Neither the thread nor the task decides who may re-enter. A thread runs many tasks in turn, so "the same thread" would
 * let two of them in at once; the tasks that a task starts run side by side, so "the same task and its children" would
 * too. Only the guard is unmistakable: the code that has it holds the lock. A function that needs the lock takes it through
 * the guard that its caller passes.
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";
import { Guard } from "./guard.ts";
import { BRAND, firstOf, type Handle, handleOfArrival, registerKind, Shared, VERSION } from "./handle.ts";
import { acquireLock, acquireLockSync, type LockBlockOptions, LockCore, type LockOptions } from "./lock_core.ts";
import { newMemory, noArgument, receivedMemory } from "./memory.ts";
import { OwnerTable } from "./owner_table.ts";
import { holder, LOCK_WORDS, tryAcquire } from "./steps/lock.ts";

const KIND = "rlock";

/** The recursion count of one acquired lock: the guards that come from one acquire and are not released. */
class RecursionCount {
  readonly name = "RLock";
  readonly #core: LockCore;
  #count = 0;

  constructor(core: LockCore) {
    this.#core = core;
  }

  add(recovered: boolean): ReentrantGuard {
    this.#count++;
    return new ReentrantGuard(this, recovered);
  }

  free(): void {
    if (--this.#count === 0) this.#core.free();
  }
}

/**
 * A guard of an {@linkcode RLock}, through which its code can take the lock again.
 *
 * @example The lock is free after as many releases
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RLock } from "@isopool/isopool";
 *
 * const lock = new RLock();
 * const outer = await lock.acquire();
 * const inner = outer.acquire();
 * outer.release();
 * assertEquals(lock.locked, true);
 * inner.release();
 * assertEquals(lock.locked, false);
 * ```
 */
export class ReentrantGuard extends Guard {
  readonly #count: RecursionCount;

  /** @ignore */
  constructor(count: RecursionCount, recovered: boolean) {
    super(count, 0, recovered);
    this.#count = count;
  }

  /**
   * Takes the lock once more, without waiting. The lock is free when all guards have been released, in any order.
   *
   * @example Call a function that takes the lock itself
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { type ReentrantGuard, RLock } from "@isopool/isopool";
   *
   * const lock = new RLock();
   * const log: string[] = [];
   * function write(holding: ReentrantGuard, line: string) {
   *   using _guard = holding.acquire();
   *   log.push(line);
   * }
   * using guard = await lock.acquire();
   * write(guard, "a");
   * write(guard, "b");
   * assertEquals([log, lock.locked], [["a", "b"], true]);
   * ```
   *
   * @throws {IsopoolError} If this guard has been released.
   */
  acquire(): ReentrantGuard {
    if (!this.held) throw new IsopoolError("Cannot acquire RLock again: this guard has been released");
    return this.#count.add(this.recovered);
  }
}

/**
 * A {@linkcode Lock} that its holder can take again, through its guard (`threading.RLock`, but for the guard). A task can
 * take it as argument or return it, at any depth of a value. Fairness and death are as for `Lock`.
 *
 * ## Cost
 * That of a {@linkcode Lock}; each further level is a count in this thread, and no shared memory.
 *
 * ## When not to use it
 * If no code needs the lock while it already holds it, use {@linkcode Lock}.
 *
 * ## Memory ordering
 * A thread that acquires the lock sees everything that other threads wrote before they released their last guard.
 *
 * @example Write a function that works with and without the lock held
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type ReentrantGuard, RLock } from "@isopool/isopool";
 *
 * const lock = new RLock();
 * let entries = 0;
 * async function add(holding?: ReentrantGuard) {
 *   using _guard = holding?.acquire() ?? await lock.acquire();
 *   entries++;
 * }
 * {
 *   using guard = await lock.acquire();
 *   await add(guard);
 * }
 * await add();
 * assertEquals([entries, lock.locked], [2, false]);
 * ```
 */
export class RLock extends Shared {
  readonly #core: LockCore;

  /** Creates a free lock. */
  constructor() {
    super();
    // The handle of a received lock is not part of the signature: see handle.ts.
    const handle = handleOfArrival(firstOf(arguments));
    if (handle === undefined) noArgument("RLock", firstOf(arguments));
    const owners = handle ? OwnerTable.of(handle.owners as SharedArrayBuffer) : OwnerTable.local();
    this.#core = new LockCore("RLock", handle ? receivedMemory(handle, LOCK_WORDS) : newMemory(LOCK_WORDS), owners);
  }

  /** Whether a thread, dead or alive, holds the lock at this moment. */
  get locked(): boolean {
    return holder(this.#core.words) !== 0;
  }

  /**
   * Takes the lock, like {@linkcode Lock.acquire}.
   *
   * @example Take the lock twice
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { RLock } from "@isopool/isopool";
   *
   * const lock = new RLock();
   * {
   *   using outer = await lock.acquire({ timeout: 1_000 });
   *   using _inner = outer.acquire();
   * }
   * assertEquals(lock.locked, false);
   * ```
   *
   * @throws {WaitTimeoutError} If `timeout` passes first.
   * @throws {LockAbandonedError} If the holder has died and `recover` is `false`, or was stopped and may still run.
   */
  acquire(options?: LockOptions): Promise<ReentrantGuard> {
    return acquireLock(this.#core, options, (recovered) => new RecursionCount(this.#core).add(recovered));
  }

  /**
   * Takes the lock and blocks this thread until then, like {@linkcode Lock.acquireSync}.
   *
   * @example Block for at most 100 ms
   * ```ts
   * import { assert } from "@std/assert";
   * import { RLock } from "@isopool/isopool";
   *
   * using guard = new RLock().acquireSync({ timeout: 100 });
   * assert(guard.held);
   * ```
   *
   * @throws {WaitTimeoutError} If `timeout` passes first.
   * @throws {LockAbandonedError} If the holder has died and `recover` is `false`, or was stopped and may still run.
   * @throws {IsopoolError} If a task of this thread holds the lock: take it through that task's guard.
   * @throws {TypeError} On the main thread, without a `timeout`.
   */
  acquireSync(options?: LockBlockOptions): ReentrantGuard {
    return acquireLockSync(this.#core, options, (recovered) => new RecursionCount(this.#core).add(recovered));
  }

  /**
   * Takes the lock if it is free; returns `undefined` if it is not.
   *
   * @example Without the guard, the same thread does not re-enter
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { RLock } from "@isopool/isopool";
   *
   * const lock = new RLock();
   * using _guard = lock.tryAcquire();
   * assertEquals(lock.tryAcquire(), undefined);
   * ```
   */
  tryAcquire(): ReentrantGuard | undefined {
    const { words } = this.#core;
    return tryAcquire(words, words.owners.me) ? new RecursionCount(this.#core).add(false) : undefined;
  }

  /** Returns `RLock(locked)` or `RLock(free)`. */
  toString(): string {
    return `RLock(${this.locked ? "locked" : "free"})`;
  }

  /** @ignore */
  [BRAND](): Handle {
    const { memory, words } = this.#core;
    return { kind: KIND, version: VERSION, memory, owners: words.owners.memory };
  }
}

registerKind(KIND, RLock);
