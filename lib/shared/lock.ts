/**
 * Mutual exclusion among threads, and among the tasks of one thread.
 *
 * @module
 */
import { Guard } from "./guard.ts";
import { BRAND, firstOf, type Handle, handleOfArrival, registerKind, Shared, VERSION } from "./handle.ts";
import { acquireLock, acquireLockSync, type LockBlockOptions, LockCore, type LockOptions } from "./lock_core.ts";
import { newMemory, noArgument, receivedMemory } from "./memory.ts";
import { OwnerTable } from "./owner_table.ts";
import { holder, LOCK_WORDS, tryAcquire } from "./steps/lock.ts";

export type { LockBlockOptions, LockOptions } from "./lock_core.ts";

const KIND = "lock";

let core: (lock: Lock) => LockCore;

/**
 * A lock in shared memory (`threading.Lock`). A task can take it as argument or return it, at any depth of a value; all
 * copies are the same lock.
 *
 * The lock is not fair: a thread that comes when the lock is free takes it, even if others wait. Tasks of one thread take
 * turns. The lock is not re-entrant: see {@linkcode RLock}.
 *
 * ## Cost
 * Uncontended, one compare-and-exchange to acquire and one exchange to release: about 50 ns. A thread that has to wait
 * sleeps in the kernel, or while its event loop turns.
 *
 * ## When not to use it
 * To count or to replace one number, use {@linkcode Counter} or {@linkcode Value}: their operations are atomic. To pass
 * data from thread to thread, use a `Queue`.
 *
 * ## Memory ordering
 * A thread that acquires the lock sees everything that other threads wrote before they released it.
 *
 * ## Death
 * If the thread that holds the lock dies (exits, crashes, is terminated), what the lock guards may be half written.
 * `acquire` then fails at once with a {@linkcode LockAbandonedError}, for every thread, until one passes `recover`. Code of
 * a thread that was stopped but did not end may still write, so its lock is never recovered. (POSIX's robust mutexes do the
 * same: `EOWNERDEAD`, then `pthread_mutex_consistent`.)
 *
 * @example Run one task at a time
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Lock } from "@isopool/isopool";
 *
 * const lock = new Lock();
 * {
 *   using _guard = await lock.acquire({ timeout: 1_000 });
 *   assertEquals(lock.tryAcquire(), undefined);
 * }
 * assertEquals(lock.locked, false);
 * ```
 */
export class Lock extends Shared {
  readonly #core: LockCore;

  static {
    core = (lock) => lock.#core;
  }

  /** Creates a free lock. */
  constructor() {
    super();
    // The handle of a received lock is not part of the signature: see handle.ts.
    const handle = handleOfArrival(firstOf(arguments));
    if (handle === undefined) noArgument("Lock", firstOf(arguments));
    const owners = handle ? OwnerTable.of(handle.owners as SharedArrayBuffer) : OwnerTable.local();
    this.#core = new LockCore("Lock", handle ? receivedMemory(handle, LOCK_WORDS) : newMemory(LOCK_WORDS), owners);
  }

  /** Whether a thread, dead or alive, holds the lock at this moment. */
  get locked(): boolean {
    return holder(this.#core.words) !== 0;
  }

  /**
   * Takes the lock. The script stays alive while the call waits.
   *
   * @example Keep two writers apart
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Lock } from "@isopool/isopool";
   *
   * const lock = new Lock();
   * let sum = 0;
   * async function add(n: number) {
   *   using _guard = await lock.acquire();
   *   const before = sum;
   *   await Promise.resolve();
   *   sum = before + n;
   * }
   * await Promise.all([add(1), add(2)]);
   * assertEquals(sum, 3);
   * ```
   *
   * @throws {WaitTimeoutError} If `timeout` passes first.
   * @throws {LockAbandonedError} If the holder has died and `recover` is `false`, or was stopped and may still run.
   */
  acquire(options?: LockOptions): Promise<Guard> {
    return acquireLock(this.#core, options, (recovered) => new Guard(this.#core, 0, recovered));
  }

  /**
   * Takes the lock, and blocks this thread until then.
   *
   * @example Block for at most 100 ms
   * ```ts
   * import { assert } from "@std/assert";
   * import { Lock } from "@isopool/isopool";
   *
   * const lock = new Lock();
   * using guard = lock.acquireSync({ timeout: 100 });
   * assert(guard.held);
   * ```
   *
   * @throws {WaitTimeoutError} If `timeout` passes first.
   * @throws {LockAbandonedError} If the holder has died and `recover` is `false`, or was stopped and may still run.
   * @throws {IsopoolError} If a task of this thread holds the lock: it could never release it.
   * @throws {TypeError} On the main thread, without a `timeout`.
   */
  acquireSync(options?: LockBlockOptions): Guard {
    return acquireLockSync(this.#core, options, (recovered) => new Guard(this.#core, 0, recovered));
  }

  /**
   * Takes the lock if it is free; returns `undefined` if it is not, or is abandoned.
   *
   * @example Skip a refresh that another task already does
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Lock } from "@isopool/isopool";
   *
   * const refreshing = new Lock();
   * using _guard = refreshing.tryAcquire();
   * assertEquals(refreshing.tryAcquire(), undefined);
   * ```
   */
  tryAcquire(): Guard | undefined {
    const { words } = this.#core;
    return tryAcquire(words, words.owners.me) ? new Guard(this.#core, 0, false) : undefined;
  }

  /** Returns `Lock(locked)` or `Lock(free)`. */
  toString(): string {
    return `Lock(${this.locked ? "locked" : "free"})`;
  }

  /** @ignore */
  [BRAND](): Handle {
    const { memory, words } = this.#core;
    return { kind: KIND, version: VERSION, memory, owners: words.owners.memory };
  }
}

/** Returns the core of a lock, for a condition, which releases and takes the lock of the caller's guard. */
export function coreOf(lock: Lock): LockCore {
  return core(lock);
}

registerKind(KIND, Lock);
