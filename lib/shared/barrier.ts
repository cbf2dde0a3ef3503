/**
 * A barrier: threads wait at it until all of them have arrived.
 *
 * @module
 */
import { corruptMemory } from "../core/corrupt_memory.ts";
import { BrokenBarrierError } from "../core/errors.ts";
import { integer, refusal } from "../core/validate.ts";
import { BRAND, type Handle, handleOfArrival, registerKind, Shared, VERSION } from "./handle.ts";
import { newMemory, receivedMemory, SharedWords } from "./memory.ts";
import { OwnerTable } from "./owner_table.ts";
import { runAsync } from "./run_async.ts";
import { BUSY, lockHeld, runNow } from "./run_now.ts";
import { runSync } from "./run_sync.ts";
import { wait } from "./steps/barrier.ts";
import { abort, reset } from "./steps/barrier_reset.ts";
import { barrierWords, initBarrier, isBroken, waiting } from "./steps/barrier_words.ts";
import { Result } from "./steps/step.ts";
import {
  type BlockLimits,
  checkBlockLimits,
  checkLimits,
  type Machine,
  newMachine,
  runToEnd,
  type WaitLimits,
} from "./waiting.ts";

const KIND = "barrier";
const CREATE = "create Barrier";
const WAIT = "wait at Barrier";
const RESET = "reset Barrier";
// How many times reset() waits 1 ms for the lock of the barrier, which a party holds for a few steps.
const MAX_LOCK_WAITS = 1_000;
const MAX_PARTIES = 4096;

/**
 * A barrier in shared memory (`threading.Barrier`): no party continues until all have arrived; then the barrier can be used
 * again. A task can take it as argument or return it, at any depth of a value.
 *
 * If one party gives up, by timeout or signal, the barrier breaks for all parties, since they cannot be complete any more.
 * It stays broken until `reset`.
 *
 * ## Cost
 * Each arrival takes a lock of the barrier for a few steps. The last party and each wake-up of a waiter read one word for
 * each party that has arrived.
 *
 * ## When not to use it
 * If the number of parties changes, or a party may fail to arrive, use a {@linkcode Condition} or wait for the results of
 * the tasks. The tasks of one phase need as many workers as there are parties: with fewer, none continues.
 *
 * ## Memory ordering
 * A party that passes sees everything that any party wrote before it arrived.
 *
 * ## Death
 * If a thread dies while it waits here, the barrier breaks within 50 ms. The barrier cannot see a thread that dies before
 * it arrives: where that can happen, wait with a `timeout`.
 *
 * @example Give each of two parties its own number
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Barrier } from "@isopool/isopool";
 *
 * const barrier = new Barrier(2);
 * const numbers = await Promise.all([barrier.wait(), barrier.wait()]);
 * assertEquals(numbers.sort(), [0, 1]);
 * ```
 */
export class Barrier extends Shared {
  /** The number of parties that must arrive. */
  readonly parties: number;
  readonly #memory: SharedArrayBuffer;
  readonly #words: SharedWords;

  /**
   * Creates a barrier.
   *
   * @param parties The number of parties that must arrive: 1 to 4,096.
   * @throws {RangeError} If `parties` is out of range.
   */
  constructor(parties: number) {
    super();
    const handle = handleOfArrival(parties);
    this.parties = integer(CREATE, "parties", handle ? handle.parties : parties, 1);
    if (this.parties > MAX_PARTIES) {
      throw refusal(`Cannot ${CREATE}: \`parties\` is ${this.parties}: it takes 1 to ${MAX_PARTIES}`, RangeError);
    }
    const owners = handle ? OwnerTable.of(handle.owners as SharedArrayBuffer) : OwnerTable.local();
    this.#memory = handle ? receivedMemory(handle, barrierWords(this.parties)) : newMemory(barrierWords(this.parties));
    this.#words = new SharedWords(this.#memory, owners);
    if (handle === undefined) initBarrier(this.#words);
  }

  /** Whether the barrier is broken. */
  get broken(): boolean {
    return isBroken(this.#words);
  }

  /** The number of parties that wait at this moment. */
  get waiting(): number {
    if (this.broken) return 0;
    const count = waiting(this.#words);
    if (count < 0 || count > this.parties) throw corruptMemory("read Barrier");
    return count % this.parties;
  }

  /**
   * Waits for all parties; resolves with the number of parties that came before: a different one for each party, and 0 for
   * one of them. The script stays alive while the call waits.
   *
   * @example Let one party of each phase do the work of all
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Barrier } from "@isopool/isopool";
   *
   * const barrier = new Barrier(3);
   * let merges = 0;
   * async function party() {
   *   if (await barrier.wait({ timeout: 1_000 }) === 0) merges++;
   * }
   * await Promise.all([party(), party(), party()]);
   * assertEquals(merges, 1);
   * ```
   *
   * @throws {WaitTimeoutError} If `timeout` passes first; the barrier is broken then.
   * @throws {BrokenBarrierError} If the barrier is broken, or breaks.
   */
  async wait(limits?: WaitLimits): Promise<number> {
    const timeout = checkLimits(WAIT, limits);
    limits?.signal?.throwIfAborted();
    const machine = this.#newWait(timeout);
    await runAsync(machine, limits?.signal);
    return indexOf(machine);
  }

  /**
   * Waits for all parties, like {@linkcode Barrier.wait}, and blocks this thread until they have arrived.
   *
   * @example A party that does not come breaks the barrier
   * ```ts
   * import { assert, assertThrows } from "@std/assert";
   * import { Barrier, WaitTimeoutError } from "@isopool/isopool";
   *
   * const barrier = new Barrier(2);
   * assertThrows(() => barrier.waitSync({ timeout: 10 }), WaitTimeoutError);
   * assert(barrier.broken);
   * ```
   *
   * @throws {WaitTimeoutError} If `timeout` passes first; the barrier is broken then.
   * @throws {BrokenBarrierError} If the barrier is broken, or breaks.
   * @throws {TypeError} On the main thread, without a `timeout`.
   */
  waitSync(limits?: BlockLimits): number {
    const machine = this.#newWait(checkBlockLimits(WAIT, limits));
    runSync(machine);
    return indexOf(machine);
  }

  /**
   * Breaks the barrier: the parties that wait, and those that arrive later, fail with a {@linkcode BrokenBarrierError}.
   *
   * @example Free the other parties after a failure
   * ```ts
   * import { assertRejects } from "@std/assert";
   * import { Barrier, BrokenBarrierError } from "@isopool/isopool";
   *
   * const barrier = new Barrier(2);
   * const waits = barrier.wait();
   * barrier.abort();
   * await assertRejects(() => waits, BrokenBarrierError);
   * ```
   */
  abort(): void {
    runToEnd("abort Barrier", this.#words, abort);
  }

  /**
   * Makes the barrier whole and empty again. Parties that wait fail with a {@linkcode BrokenBarrierError}.
   *
   * @example Use a broken barrier again
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Barrier } from "@isopool/isopool";
   *
   * const barrier = new Barrier(1);
   * barrier.abort();
   * barrier.reset();
   * assertEquals([barrier.broken, await barrier.wait()], [false, 0]);
   * ```
   */
  reset(): void {
    if (runNow(newMachine(RESET, this.#words, undefined, reset), undefined, MAX_LOCK_WAITS) === BUSY) {
      throw lockHeld(RESET);
    }
  }

  /** Returns `Barrier(broken)`, or how many of the parties wait. */
  toString(): string {
    return `Barrier(${this.broken ? "broken" : `${this.waiting} of ${this.parties}`})`;
  }

  /** @ignore */
  [BRAND](): Handle {
    const { parties } = this;
    return { kind: KIND, version: VERSION, memory: this.#memory, parties, owners: this.#words.owners.memory };
  }

  #newWait(timeout: number | undefined): Machine {
    const machine = newMachine(WAIT, this.#words, timeout, wait);
    machine.frame.b = this.parties;
    return machine;
  }
}

function indexOf({ frame }: Machine): number {
  if (frame.result === Result.BROKEN) throw new BrokenBarrierError(`Cannot ${WAIT}: it is broken: use reset()`);
  return frame.a;
}

registerKind(KIND, Barrier);
