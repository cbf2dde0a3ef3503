/**
 * A counting semaphore: any thread may take permits, and any thread may add them.
 *
 * @module
 */
import { corruptMemory } from "../core/corrupt_memory.ts";
import { integer, refusal } from "../core/validate.ts";
import { Guard, type Releasable } from "./guard.ts";
import { BRAND, type Handle, handleOfArrival, registerKind, Shared, VERSION } from "./handle.ts";
import { newMemory, receivedMemory, SharedWords } from "./memory.ts";
import { OwnerTable } from "./owner_table.ts";
import { runAsync } from "./run_async.ts";
import { runSync } from "./run_sync.ts";
import { give, MAX_PERMITS, permits, SEMAPHORE_WORDS, take, tryTake } from "./steps/semaphore.ts";
import { Result } from "./steps/step.ts";
import { type BlockLimits, checkBlockLimits, checkLimits, newMachine, runToEnd, type WaitLimits } from "./waiting.ts";

const KIND = "semaphore";
const ACQUIRE = "acquire Semaphore";

/**
 * A counting semaphore in shared memory (`threading.Semaphore`). A task can take it as argument or return it, at any depth
 * of a value.
 *
 * A permit has no owner: the thread that releases need not have acquired. So a semaphore can also count items that one
 * thread produces and another consumes. The semaphore is not fair.
 *
 * ## Cost
 * Uncontended, one load and one compare-and-exchange to acquire, and the same to release.
 *
 * ## When not to use it
 * Where permits stand for slots or connections, use {@linkcode BoundedSemaphore}: there the permits of a dead thread come
 * back.
 *
 * ## Memory ordering
 * A thread whose acquire takes a released permit sees everything that other threads wrote before that release.
 *
 * ## Death
 * The permits of a thread that dies are lost, as in POSIX and Python: they cannot be told from others.
 *
 * @example Signal from one task to another
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Semaphore } from "@isopool/isopool";
 *
 * const ready = new Semaphore(0);
 * ready.release(2);
 * await ready.acquire({ timeout: 1_000 });
 * assertEquals(ready.permits, 1);
 * ```
 */
export class Semaphore extends Shared {
  readonly #memory: SharedArrayBuffer;
  readonly #words: SharedWords;
  readonly #releasable: Releasable;

  /**
   * Creates a semaphore.
   *
   * @param permits The number of permits at first.
   * @default 1
   * @throws {RangeError} If that is negative, or more than 2^31 - 1.
   */
  constructor(permits: number = 1) {
    super();
    const handle = handleOfArrival(permits);
    const owners = handle ? OwnerTable.of(handle.owners as SharedArrayBuffer) : OwnerTable.local();
    this.#memory = handle ? receivedMemory(handle, SEMAPHORE_WORDS) : newMemory(SEMAPHORE_WORDS);
    this.#words = new SharedWords(this.#memory, owners);
    this.#releasable = { name: "Semaphore permit", free: () => this.release() };
    if (handle === undefined && permits !== 0) this.#give("create Semaphore", "permits", permits);
  }

  /** The number of free permits at this moment. */
  get permits(): number {
    return checked("read Semaphore", permits(this.#words));
  }

  /**
   * Takes a permit; its guard gives the permit back. To use the permit up, ignore the guard. The script stays alive while
   * the call waits.
   *
   * @example Wait for two items
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Semaphore } from "@isopool/isopool";
   *
   * const items = new Semaphore(0);
   * const taken = Promise.all([items.acquire(), items.acquire()]);
   * items.release(3);
   * await taken;
   * assertEquals(items.permits, 1);
   * ```
   *
   * @throws {WaitTimeoutError} If `timeout` passes first.
   */
  async acquire(limits?: WaitLimits): Promise<Guard> {
    const timeout = checkLimits(ACQUIRE, limits);
    limits?.signal?.throwIfAborted();
    if (!tryTake(this.#words)) await runAsync(newMachine(ACQUIRE, this.#words, timeout, take), limits?.signal);
    return new Guard(this.#releasable, 0, false);
  }

  /**
   * Takes a permit, and blocks this thread until then.
   *
   * @example Give up after 10 ms
   * ```ts
   * import { assertThrows } from "@std/assert";
   * import { Semaphore, WaitTimeoutError } from "@isopool/isopool";
   *
   * const items = new Semaphore(0);
   * assertThrows(() => items.acquireSync({ timeout: 10 }), WaitTimeoutError);
   * ```
   *
   * @throws {WaitTimeoutError} If `timeout` passes first.
   * @throws {TypeError} On the main thread, without a `timeout`.
   */
  acquireSync(limits?: BlockLimits): Guard {
    const timeout = checkBlockLimits(ACQUIRE, limits);
    if (!tryTake(this.#words)) runSync(newMachine(ACQUIRE, this.#words, timeout, take));
    return new Guard(this.#releasable, 0, false);
  }

  /**
   * Takes a permit if one is free; returns `undefined` if none is.
   *
   * @example Use up what is there
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Semaphore } from "@isopool/isopool";
   *
   * const items = new Semaphore(2);
   * let taken = 0;
   * while (items.tryAcquire()) taken++;
   * assertEquals(taken, 2);
   * ```
   */
  tryAcquire(): Guard | undefined {
    if (tryTake(this.#words)) return new Guard(this.#releasable, 0, false);
    checked(ACQUIRE, permits(this.#words));
    return undefined;
  }

  /**
   * Adds permits, and wakes as many waiters.
   *
   * @example Announce three items
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Semaphore } from "@isopool/isopool";
   *
   * const items = new Semaphore(0);
   * items.release(3);
   * assertEquals(items.permits, 3);
   * ```
   *
   * @param count The number of permits to add.
   * @default 1
   * @throws {RangeError} If there would be more than 2^31 - 1 permits; then none is added.
   */
  release(count: number = 1): void {
    this.#give("release Semaphore", "count", integer("release Semaphore", "count", count, 1));
  }

  /** Returns the number of free permits, as `Semaphore(2)`. */
  toString(): string {
    return `Semaphore(${this.permits})`;
  }

  /** @ignore */
  [BRAND](): Handle {
    return { kind: KIND, version: VERSION, memory: this.#memory, owners: this.#words.owners.memory };
  }

  #give(call: string, option: string, count: number): void {
    const isTooMany = integer(call, option, count, 0) > MAX_PERMITS;
    const result = isTooMany ? Result.FULL : runToEnd(call, this.#words, give, count).result;
    if (result === Result.CORRUPT) throw corruptMemory(call);
    if (result === Result.FULL) {
      throw refusal(`Cannot ${call}: there would be more than ${MAX_PERMITS} permits`, RangeError);
    }
  }
}

function checked(call: string, permits: number): number {
  if (permits < 0) throw corruptMemory(call);
  return permits;
}

registerKind(KIND, Semaphore);
