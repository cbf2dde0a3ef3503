/**
 * A number of permits that anybody may take and give.
 *
 * @module
 */
import { integer } from "../core/validate.ts";
import { Guard, type Releasable } from "./guard.ts";
import { BRAND, type Handle, handleOfArrival, registerKind, Shared, VERSION } from "./handle.ts";
import { newMemory, SharedWords } from "./memory.ts";
import { OwnerTable } from "./owner_table.ts";
import { runAsync } from "./run_async.ts";
import { runSync } from "./run_sync.ts";
import { give, MAX_PERMITS, permits, SEMAPHORE_WORDS, take, tryTake } from "./steps/semaphore.ts";
import { Result } from "./steps/step.ts";
import { type BlockLimits, checkBlock, checkLimits, running, runThrough, type WaitLimits } from "./waiting.ts";

const KIND = "semaphore";
const ACQUIRE = "acquire Semaphore";

/**
 * A counting semaphore in shared memory. It can be an argument or result of a task, at any depth.
 *
 * A permit belongs to nobody: whoever releases need not have acquired, so it also counts things that one thread makes
 * and another one takes. Not fair. All that was written before a release is seen after an acquire that it let through.
 *
 * **Death.** The permits of a thread that dies are lost, as in POSIX and Python: they cannot be told from others. Where
 * permits stand for slots or connections, take {@linkcode BoundedSemaphore}: there they come back.
 *
 * @example A signal from one task to another
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
  readonly #held: Releasable;

  /**
   * Creates a semaphore.
   *
   * @param permits How many there are at first.
   * @throws {RangeError} If that is negative, or more than 2^31 - 1.
   */
  constructor(permits: number = 1) {
    super();
    const handle = handleOfArrival(permits);
    const owners = handle ? OwnerTable.of(handle.owners as SharedArrayBuffer) : OwnerTable.local();
    this.#memory = handle?.memory as SharedArrayBuffer ?? newMemory(SEMAPHORE_WORDS);
    this.#words = new SharedWords(this.#memory, owners);
    this.#held = { name: "Semaphore permit", free: () => this.release() };
    if (handle === undefined && permits !== 0) this.#give("create Semaphore", "permits", permits);
  }

  /** How many permits there are at this moment. */
  get permits(): number {
    return permits(this.#words);
  }

  /**
   * Takes a permit. While it waits, the script stays alive. The guard gives it back; who never wants to need not keep it.
   *
   * @throws {WaitTimeoutError} If `timeout` passes first.
   */
  async acquire(limits?: WaitLimits): Promise<Guard> {
    const timeout = checkLimits(ACQUIRE, limits);
    limits?.signal?.throwIfAborted();
    if (!tryTake(this.#words)) await runAsync(running(ACQUIRE, this.#words, timeout, take), limits?.signal);
    return new Guard(this.#held, 0, false);
  }

  /**
   * Takes a permit, and blocks this thread until then.
   *
   * @throws {WaitTimeoutError} If `timeout` passes first.
   * @throws {TypeError} On the main thread, without a `timeout`.
   */
  acquireSync(limits?: BlockLimits): Guard {
    const timeout = checkBlock(ACQUIRE, limits);
    if (!tryTake(this.#words)) runSync(running(ACQUIRE, this.#words, timeout, take));
    return new Guard(this.#held, 0, false);
  }

  /** Takes a permit if there is one; else `undefined`. */
  tryAcquire(): Guard | undefined {
    return tryTake(this.#words) ? new Guard(this.#held, 0, false) : undefined;
  }

  /**
   * Gives permits, and wakes as many who wait.
   *
   * @throws {RangeError} If there would be more than 2^31 - 1; none is given then.
   */
  release(count: number = 1): void {
    this.#give("release Semaphore", "count", integer("release Semaphore", "count", count, 1));
  }

  /** Shows its state. */
  toString(): string {
    return `Semaphore(${this.permits})`;
  }

  /** @ignore */
  [BRAND](): Handle {
    return { kind: KIND, version: VERSION, memory: this.#memory, owners: this.#words.owners.memory };
  }

  #give(call: string, option: string, count: number): void {
    const most = integer(call, option, count, 0) > MAX_PERMITS;
    if (most || runThrough(this.#words, give, count).result === Result.FULL) {
      throw new RangeError(`Cannot ${call}: there would be more than ${MAX_PERMITS} permits`);
    }
  }
}

registerKind(KIND, Semaphore);
