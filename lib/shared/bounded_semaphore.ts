/**
 * A semaphore with a fixed number of permits, each of which belongs to the thread that holds it.
 *
 * @module
 */
import { integer, refusal } from "../core/validate.ts";
import { Guard, type Releasable } from "./guard.ts";
import { BRAND, type Handle, handleOfArrival, registerKind, Shared, VERSION } from "./handle.ts";
import { newMemory, receivedMemory, SharedWords } from "./memory.ts";
import { OwnerTable } from "./owner_table.ts";
import { runAsync } from "./run_async.ts";
import { runSync } from "./run_sync.ts";
import {
  acquirePermit,
  freePermits,
  permitWords,
  releasePermit,
  tryAcquireAny,
  tryAcquirePermit,
} from "./steps/permits.ts";
import {
  type BlockLimits,
  checkBlockLimits,
  checkLimits,
  type Machine,
  newMachine,
  runToEnd,
  type WaitLimits,
} from "./waiting.ts";

const KIND = "bounded";
const CREATE = "create BoundedSemaphore";
const ACQUIRE = "acquire BoundedSemaphore";
// Each permit takes a word, and an acquire may search all of them for a free one.
const MAX_LIMIT = 4096;

/**
 * A semaphore whose permits belong to the threads that hold them: for slots, connections, licences
 * (`threading.BoundedSemaphore`). A task can take it as argument or return it, at any depth of a value.
 *
 * There are never more permits than at first: only a guard gives a permit back, once. The semaphore is not fair.
 *
 * ## Cost
 * Uncontended, one compare-and-exchange to acquire: each copy tries first the permit that it had last. Otherwise an acquire
 * reads up to one word for each permit.
 *
 * ## When not to use it
 * To signal from one thread to another, use {@linkcode Semaphore}: its permits have no owner. For a limit within one
 * thread, shared memory is not needed.
 *
 * ## Memory ordering
 * A thread whose acquire takes a released permit sees everything that other threads wrote before that release.
 *
 * ## Death
 * The permits of a thread that dies come back: at once for the next acquire, for waiters within 50 ms. Those of a thread that was
 * stopped but did not end stay taken. (In Python both are lost.)
 *
 * @example Allow two at a time
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
  /** The number of permits in all. */
  readonly limit: number;
  readonly #memory: SharedArrayBuffer;
  readonly #words: SharedWords;
  readonly #releasable: Releasable;
  // The permit that this copy held last, which it tries first.
  #hint = 0;

  /**
   * Creates a semaphore.
   *
   * @param permits The number of permits: 1 to 4,096.
   * @throws {RangeError} If `permits` is out of range.
   */
  constructor(permits: number) {
    super();
    const handle = handleOfArrival(permits);
    this.limit = integer(CREATE, "permits", handle ? handle.limit : permits, 1);
    if (this.limit > MAX_LIMIT) {
      throw refusal(`Cannot ${CREATE}: \`permits\` is ${this.limit}: it takes 1 to ${MAX_LIMIT}`, RangeError);
    }
    const owners = handle ? OwnerTable.of(handle.owners as SharedArrayBuffer) : OwnerTable.local();
    this.#memory = handle ? receivedMemory(handle, permitWords(this.limit)) : newMemory(permitWords(this.limit));
    this.#words = new SharedWords(this.#memory, owners);
    this.#releasable = { name: "BoundedSemaphore permit", free: (permit) => this.#release(permit) };
  }

  /** The number of permits that no living thread holds at this moment. */
  get permits(): number {
    return freePermits(this.#words, this.limit);
  }

  /**
   * Takes a permit. The script stays alive while the call waits.
   *
   * @example Limit open connections
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { BoundedSemaphore } from "@isopool/isopool";
   *
   * const connections = new BoundedSemaphore(2);
   * let open = 0, peak = 0;
   * async function query() {
   *   using _permit = await connections.acquire();
   *   peak = Math.max(peak, ++open);
   *   await new Promise((resolve) => setTimeout(resolve, 1));
   *   open--;
   * }
   * await Promise.all([query(), query(), query(), query()]);
   * assertEquals(peak, 2);
   * ```
   *
   * @throws {WaitTimeoutError} If `timeout` passes first.
   */
  async acquire(limits?: WaitLimits): Promise<Guard> {
    const timeout = checkLimits(ACQUIRE, limits);
    limits?.signal?.throwIfAborted();
    const guard = this.#tryHint();
    if (guard !== undefined) return guard;
    const machine = this.#newAcquire(timeout);
    await runAsync(machine, limits?.signal);
    return this.#guard(machine.frame.a);
  }

  /**
   * Takes a permit, and blocks this thread until then.
   *
   * @example Give up after 10 ms
   * ```ts
   * import { assertThrows } from "@std/assert";
   * import { BoundedSemaphore, WaitTimeoutError } from "@isopool/isopool";
   *
   * const licences = new BoundedSemaphore(1);
   * using _licence = licences.acquireSync({ timeout: 10 });
   * assertThrows(() => licences.acquireSync({ timeout: 10 }), WaitTimeoutError);
   * ```
   *
   * @throws {WaitTimeoutError} If `timeout` passes first.
   * @throws {TypeError} On the main thread, without a `timeout`.
   */
  acquireSync(limits?: BlockLimits): Guard {
    const timeout = checkBlockLimits(ACQUIRE, limits);
    const guard = this.#tryHint();
    if (guard !== undefined) return guard;
    const machine = this.#newAcquire(timeout);
    runSync(machine);
    return this.#guard(machine.frame.a);
  }

  /**
   * Takes a permit if one is free; returns `undefined` if none is.
   *
   * @example Reject work beyond the limit
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { BoundedSemaphore } from "@isopool/isopool";
   *
   * const slots = new BoundedSemaphore(1);
   * using _slot = slots.tryAcquire();
   * assertEquals(slots.tryAcquire(), undefined);
   * ```
   */
  tryAcquire(): Guard | undefined {
    const permit = tryAcquireAny(this.#words, this.#words.owners.me, this.limit);
    return permit < 0 ? undefined : this.#guard(permit);
  }

  /** Returns how many of the permits are free, as `BoundedSemaphore(1 of 2)`. */
  toString(): string {
    return `BoundedSemaphore(${this.permits} of ${this.limit})`;
  }

  /** @ignore */
  [BRAND](): Handle {
    const { limit } = this;
    return { kind: KIND, version: VERSION, memory: this.#memory, limit, owners: this.#words.owners.memory };
  }

  #tryHint(): Guard | undefined {
    return tryAcquirePermit(this.#words, this.#words.owners.me, this.#hint) ? this.#guard(this.#hint) : undefined;
  }

  #newAcquire(timeout: number | undefined): Machine {
    const machine = newMachine(ACQUIRE, this.#words, timeout, acquirePermit);
    machine.frame.b = this.limit;
    return machine;
  }

  #guard(permit: number): Guard {
    this.#hint = permit;
    return new Guard(this.#releasable, permit, false);
  }

  #release(permit: number): void {
    runToEnd("release BoundedSemaphore", this.#words, releasePermit, permit);
  }
}

registerKind(KIND, BoundedSemaphore);
