/**
 * Mutual exclusion among threads and among the tasks of one.
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";
import { bad } from "../core/validate.ts";
import { Guard, type Releasable } from "./guard.ts";
import { BRAND, type Handle, handleOfArrival, registerKind, Shared, VERSION } from "./handle.ts";
import { newMemory, SharedWords } from "./memory.ts";
import { OwnerTable } from "./owner_table.ts";
import { runAsync } from "./run_async.ts";
import { runSync } from "./run_sync.ts";
import { abandon, acquire, holder, LOCK_WORDS, release, tryAcquire } from "./steps/lock.ts";
import { Result } from "./steps/step.ts";
import { type BlockLimits, checkBlock, checkLimits, running, runThrough, type WaitLimits } from "./waiting.ts";

const KIND = "lock";

/** Options of {@linkcode Lock.acquire}. */
export interface LockOptions extends WaitLimits {
  /**
   * What to do if the thread that held the lock has died. `true`: take the lock over; the guard's `recovered` tells. A
   * function: take it over and run the function, which repairs what the lock guards; if it fails, the lock is abandoned
   * as before, and the failure is thrown.
   *
   * @default false
   */
  recover?: boolean | (() => void | Promise<void>);
}

/** Options of {@linkcode Lock.acquireSync}. */
export interface LockBlockOptions extends BlockLimits {
  /** As for {@linkcode LockOptions}, with a function that returns when it is done. */
  recover?: boolean | (() => void);
}

/** The lock itself, which guards give back to. */
export class LockCore implements Releasable {
  readonly name: string;
  readonly memory: SharedArrayBuffer;
  readonly words: SharedWords;

  constructor(name: string, memory: SharedArrayBuffer, owners: OwnerTable) {
    this.name = name;
    this.memory = memory;
    this.words = new SharedWords(memory, owners);
  }

  /** Gives the lock back. */
  free(): void {
    const { seen } = runThrough(this.words, release);
    if (seen >>> 1 === this.words.owners.me) return;
    throw new IsopoolError(`Cannot release ${this.name}: it was taken from this thread, which counted as dead`);
  }
}

// For conditions, which release and take the lock of somebody's guard.
let core: (lock: Lock) => LockCore;

/**
 * A lock in shared memory. It can be an argument or result of a task, at any depth; all copies are the same lock.
 *
 * Not fair: whoever comes when it is free takes it, which is fast (about 50 ns when nobody else wants it). Not
 * re-entrant: see {@linkcode RLock}. All that was written before a release is seen after the acquire that follows it.
 *
 * **Death.** If the thread that holds the lock dies (exits, crashes, is terminated), what the lock guards may be half
 * written. Nobody hangs: `acquire` then fails with a {@linkcode LockAbandonedError}, at once and for everybody, until
 * somebody asks to `recover`. A thread that was stopped but would not end may still write: from that one nothing is
 * recovered. (After POSIX's robust mutexes, where `EOWNERDEAD` must be answered by `pthread_mutex_consistent`.)
 *
 * @example One at a time
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
    // Not part of the signature: what has arrived, see handle.ts.
    const handle = handleOfArrival(arguments[0]);
    const owners = handle ? OwnerTable.of(handle.owners as SharedArrayBuffer) : OwnerTable.local();
    this.#core = new LockCore("Lock", handle?.memory as SharedArrayBuffer ?? newMemory(LOCK_WORDS), owners);
  }

  /** Whether somebody holds it, dead or alive, at this moment. */
  get locked(): boolean {
    return holder(this.#core.words) !== 0;
  }

  /**
   * Takes the lock. While it waits, the script stays alive.
   *
   * @throws {WaitTimeoutError} If `timeout` passes first.
   * @throws {LockAbandonedError} If its holder has died, without `recover`; or may still run.
   */
  acquire(options?: LockOptions): Promise<Guard> {
    return acquireLock(this.#core, options, (recovered) => new Guard(this.#core, 0, recovered));
  }

  /**
   * Takes the lock, and blocks this thread until then.
   *
   * @throws {WaitTimeoutError} If `timeout` passes first.
   * @throws {LockAbandonedError} If its holder has died, without `recover`; or may still run.
   * @throws {IsopoolError} If a task of this very thread holds the lock: it could never release it.
   * @throws {TypeError} On the main thread, without a `timeout`.
   */
  acquireSync(options?: LockBlockOptions): Guard {
    return acquireLockSync(this.#core, options, (recovered) => new Guard(this.#core, 0, recovered));
  }

  /** Takes the lock if it is free; else `undefined`, also if it is abandoned. */
  tryAcquire(): Guard | undefined {
    const { words } = this.#core;
    return tryAcquire(words, words.owners.me) ? new Guard(this.#core, 0, false) : undefined;
  }

  /** Shows its state. */
  toString(): string {
    return `Lock(${this.locked ? "locked" : "free"})`;
  }

  /** @ignore */
  [BRAND](): Handle {
    const { memory, words } = this.#core;
    return { kind: KIND, version: VERSION, memory, owners: words.owners.memory };
  }
}

/** The lock itself. */
export function coreOf(lock: Lock): LockCore {
  return core(lock);
}

type Make<G> = (recovered: boolean) => G;

/** Takes a lock and makes a guard. */
export async function acquireLock<G>(core: LockCore, options: LockOptions | undefined, make: Make<G>): Promise<G> {
  const call = `acquire ${core.name}`;
  const timeout = checkLimits(call, options, ["recover"]);
  const recover = checkRecover(call, options?.recover);
  options?.signal?.throwIfAborted();
  const { words } = core;
  if (tryAcquire(words, words.owners.me)) return make(false);
  const run = running(call, words, timeout, acquire);
  run.frame.recover = recover !== false;
  await runAsync(run, options?.signal);
  if (run.frame.result !== Result.RECOVERED) return make(false);
  try {
    if (typeof recover === "function") await recover();
  } catch (error) {
    runThrough(words, abandon, run.frame.seen);
    throw error;
  }
  return make(true);
}

/** Takes a lock, blocking, and makes a guard. */
export function acquireLockSync<G>(core: LockCore, options: LockBlockOptions | undefined, make: Make<G>): G {
  const call = `acquire ${core.name}`;
  const timeout = checkBlock(call, options, ["recover"]);
  const recover = checkRecover(call, options?.recover);
  const { words } = core;
  if (tryAcquire(words, words.owners.me)) return make(false);
  if (holder(words) === words.owners.me) {
    throw new IsopoolError(`Cannot ${call}: a task of this thread holds it, and blocking would keep it from releasing`);
  }
  const run = running(call, words, timeout, acquire);
  run.frame.recover = recover !== false;
  runSync(run);
  if (run.frame.result !== Result.RECOVERED) return make(false);
  try {
    if (typeof recover === "function" && (recover() as unknown) instanceof Promise) {
      throw bad(call, "recover", recover, "a function that is done when it returns, or use acquire()", false);
    }
  } catch (error) {
    runThrough(words, abandon, run.frame.seen);
    throw error;
  }
  return make(true);
}

function checkRecover<T>(call: string, recover: boolean | T | undefined): boolean | T {
  if (recover !== undefined && typeof recover !== "boolean" && typeof recover !== "function") {
    throw bad(call, "recover", recover, "true, false or a function", false);
  }
  return recover ?? false;
}

registerKind(KIND, Lock);
