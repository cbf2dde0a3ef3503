/**
 * A lock that its holder can take again.
 *
 * Whose holder? A thread runs many tasks in turn, so "the same thread" would let two of them in at once; and the tasks
 * that one starts run side by side, so "the same task and its children" would too. What cannot be mistaken is the guard:
 * who has it, holds the lock. So taking it again goes through the guard, and a function that needs the lock takes it
 * from what its caller hands over.
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";
import { Guard } from "./guard.ts";
import { BRAND, type Handle, handleOfArrival, registerKind, Shared, VERSION } from "./handle.ts";
import { acquireLock, acquireLockSync, type LockBlockOptions, LockCore, type LockOptions } from "./lock.ts";
import { newMemory } from "./memory.ts";
import { OwnerTable } from "./owner_table.ts";
import { holder, LOCK_WORDS, tryAcquire } from "./steps/lock.ts";

const KIND = "rlock";

/** How often a lock is held through guards of one family. */
class Depth {
  readonly name = "RLock";
  readonly #core: LockCore;
  #depth = 0;

  constructor(core: LockCore) {
    this.#core = core;
  }

  add(recovered: boolean): ReentrantGuard {
    this.#depth++;
    return new ReentrantGuard(this, recovered);
  }

  free(): void {
    if (--this.#depth === 0) this.#core.free();
  }
}

/**
 * A guard of an {@linkcode RLock}: with it, the lock can be taken again.
 *
 * @example Twice, and free after two releases
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
  readonly #depth: Depth;

  /** @ignore */
  constructor(depth: Depth, recovered: boolean) {
    super(depth, 0, recovered);
    this.#depth = depth;
  }

  /**
   * Takes the lock once more, at once. The lock is free when all guards have been released, in whatever order.
   *
   * @throws {IsopoolError} If this guard has been released.
   */
  acquire(): ReentrantGuard {
    if (!this.held) throw new IsopoolError("Cannot acquire RLock again: this guard has been released");
    return this.#depth.add(this.recovered);
  }
}

/**
 * A {@linkcode Lock} that can be taken again, through the guard one has. Everything else is as for `Lock`.
 *
 * @example A function that works with and without the lock held
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type ReentrantGuard, RLock } from "@isopool/isopool";
 *
 * const lock = new RLock();
 * let entries = 0;
 *
 * async function add(holding?: ReentrantGuard) {
 *   using _guard = holding?.acquire() ?? await lock.acquire();
 *   entries++;
 * }
 *
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
    // Not part of the signature: what has arrived, see handle.ts.
    const handle = handleOfArrival(arguments[0]);
    const owners = handle ? OwnerTable.of(handle.owners as SharedArrayBuffer) : OwnerTable.local();
    this.#core = new LockCore("RLock", handle?.memory as SharedArrayBuffer ?? newMemory(LOCK_WORDS), owners);
  }

  /** Whether somebody holds it, dead or alive, at this moment. */
  get locked(): boolean {
    return holder(this.#core.words) !== 0;
  }

  /** Takes the lock, like {@linkcode Lock.acquire}. */
  acquire(options?: LockOptions): Promise<ReentrantGuard> {
    return acquireLock(this.#core, options, (recovered) => new Depth(this.#core).add(recovered));
  }

  /** Takes the lock and blocks this thread until then, like {@linkcode Lock.acquireSync}. */
  acquireSync(options?: LockBlockOptions): ReentrantGuard {
    return acquireLockSync(this.#core, options, (recovered) => new Depth(this.#core).add(recovered));
  }

  /** Takes the lock if it is free; else `undefined`. */
  tryAcquire(): ReentrantGuard | undefined {
    const { words } = this.#core;
    return tryAcquire(words, words.owners.me) ? new Depth(this.#core).add(false) : undefined;
  }

  /** Shows its state. */
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
