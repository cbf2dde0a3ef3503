/**
 * A fixed number of permits, each with an owner.
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
import { claim, freePermits, permitWords, tryClaim, unclaim } from "./steps/permits.ts";
import {
  type BlockLimits,
  checkBlock,
  checkLimits,
  type Machine,
  running,
  runThrough,
  type WaitLimits,
} from "./waiting.ts";

const KIND = "bounded";
const CREATE = "create BoundedSemaphore";
const ACQUIRE = "acquire BoundedSemaphore";
// A word each, and a search for a free one.
const MOST = 4096;

/**
 * A semaphore whose permits belong to who took them: for slots, connections, licences. It can be an argument or result
 * of a task, at any depth.
 *
 * There are never more permits than at first: a permit goes back through the guard that stands for it, once. Not fair.
 * All that was written before a release is seen after an acquire that it let through.
 *
 * **Death.** The permits of a thread that dies come back at the next acquire, or for who waits within 50 ms. Those of a
 * thread that was stopped but would not end stay taken. (In Python both are lost.)
 *
 * @example Two at a time
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { BoundedSemaphore } from "@isopool/isopool";
 *
 * const slots = new BoundedSemaphore(2);
 * {
 *   using _one = await slots.acquire();
 *   using _two = slots.acquireSync({ timeout: 1_000 });
 *   assertEquals(slots.tryAcquire(), undefined);
 * }
 * assertEquals(slots.permits, 2);
 * ```
 */
export class BoundedSemaphore extends Shared {
  /** How many permits there are in all. */
  readonly limit: number;
  readonly #memory: SharedArrayBuffer;
  readonly #words: SharedWords;
  readonly #held: Releasable;
  // Where this copy looks first: where it found one before.
  #hint = 0;

  /**
   * Creates a semaphore.
   *
   * @param permits How many there are: 1 to 4,096.
   */
  constructor(permits: number) {
    super();
    const handle = handleOfArrival(permits);
    this.limit = handle ? handle.limit as number : integer(CREATE, "permits", permits, 1);
    if (this.limit > MOST) throw new RangeError(`Cannot ${CREATE}: \`permits\` is ${permits}: it takes 1 to ${MOST}`);
    const owners = handle ? OwnerTable.of(handle.owners as SharedArrayBuffer) : OwnerTable.local();
    this.#memory = handle?.memory as SharedArrayBuffer ?? newMemory(permitWords(this.limit));
    this.#words = new SharedWords(this.#memory, owners);
    this.#held = { name: "BoundedSemaphore permit", free: (permit) => this.#free(permit) };
  }

  /** How many permits are free at this moment; those of dead threads count as taken until somebody takes them. */
  get permits(): number {
    return freePermits(this.#words, this.limit);
  }

  /**
   * Takes a permit. While it waits, the script stays alive.
   *
   * @throws {WaitTimeoutError} If `timeout` passes first.
   */
  async acquire(limits?: WaitLimits): Promise<Guard> {
    const timeout = checkLimits(ACQUIRE, limits);
    limits?.signal?.throwIfAborted();
    const quick = this.#quick();
    if (quick !== undefined) return quick;
    const run = this.#claiming(timeout);
    await runAsync(run, limits?.signal);
    return this.#guard(run.frame.a);
  }

  /**
   * Takes a permit, and blocks this thread until then.
   *
   * @throws {WaitTimeoutError} If `timeout` passes first.
   * @throws {TypeError} On the main thread, without a `timeout`.
   */
  acquireSync(limits?: BlockLimits): Guard {
    const timeout = checkBlock(ACQUIRE, limits);
    const quick = this.#quick();
    if (quick !== undefined) return quick;
    const run = this.#claiming(timeout);
    runSync(run);
    return this.#guard(run.frame.a);
  }

  /** Takes a permit if there is one; else `undefined`. */
  tryAcquire(): Guard | undefined {
    for (let permit = 0; permit < this.limit; permit++) {
      if (tryClaim(this.#words, this.#words.owners.me, permit)) return this.#guard(permit);
    }
    return undefined;
  }

  /** Shows its state. */
  toString(): string {
    return `BoundedSemaphore(${this.permits} of ${this.limit})`;
  }

  /** @ignore */
  [BRAND](): Handle {
    const { limit } = this;
    return { kind: KIND, version: VERSION, memory: this.#memory, limit, owners: this.#words.owners.memory };
  }

  #quick(): Guard | undefined {
    return tryClaim(this.#words, this.#words.owners.me, this.#hint) ? this.#guard(this.#hint) : undefined;
  }

  #claiming(timeout: number | undefined): Machine {
    const run = running(ACQUIRE, this.#words, timeout, claim);
    run.frame.b = this.limit;
    return run;
  }

  #guard(permit: number): Guard {
    this.#hint = permit;
    return new Guard(this.#held, permit, false);
  }

  #free(permit: number): void {
    runThrough(this.#words, unclaim, permit);
  }
}

registerKind(KIND, BoundedSemaphore);
