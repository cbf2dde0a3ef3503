/**
 * A place where threads wait for each other.
 *
 * @module
 */
import { BrokenBarrierError } from "../core/errors.ts";
import { integer } from "../core/validate.ts";
import { BRAND, type Handle, handleOfArrival, registerKind, Shared, VERSION } from "./handle.ts";
import { newMemory, SharedWords } from "./memory.ts";
import { OwnerTable } from "./owner_table.ts";
import { runAsync } from "./run_async.ts";
import { runSync } from "./run_sync.ts";
import { abort, barrierWords, initBarrier, isBroken, meet, reset, waiting } from "./steps/barrier.ts";
import { Result } from "./steps/step.ts";
import {
  type BlockLimits,
  checkBlock,
  checkLimits,
  type Machine,
  running,
  runThrough,
  type WaitLimits,
} from "./waiting.ts";

const KIND = "barrier";
const CREATE = "create Barrier";
const WAIT = "wait at Barrier";
const MOST = 4096;

/**
 * A barrier in shared memory (`threading.Barrier`): nobody goes on before all parties have come; then it can be used
 * again. It can be an argument or result of a task, at any depth.
 *
 * All that any party wrote before it came is seen by all after they were let through. If one gives up, by timeout or
 * signal, the barrier is broken for all: they could not be complete any more. It stays so until `reset`.
 *
 * **Death.** If a thread dies while it waits here, the barrier breaks within 50 ms. One that dies before it comes is not
 * known to the barrier: where that can happen, wait with a `timeout`.
 *
 * @example Two phases
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Barrier } from "@isopool/isopool";
 *
 * const barrier = new Barrier(2);
 * const order = await Promise.all([barrier.wait(), barrier.wait()]);
 * assertEquals(order.sort(), [0, 1]);
 * ```
 */
export class Barrier extends Shared {
  /** How many must come. */
  readonly parties: number;
  readonly #memory: SharedArrayBuffer;
  readonly #words: SharedWords;

  /**
   * Creates a barrier.
   *
   * @param parties How many must come: 1 to 4,096.
   */
  constructor(parties: number) {
    super();
    const handle = handleOfArrival(parties);
    this.parties = handle ? handle.parties as number : integer(CREATE, "parties", parties, 1);
    if (this.parties > MOST) throw new RangeError(`Cannot ${CREATE}: \`parties\` is ${parties}: it takes 1 to ${MOST}`);
    const owners = handle ? OwnerTable.of(handle.owners as SharedArrayBuffer) : OwnerTable.local();
    this.#memory = handle?.memory as SharedArrayBuffer ?? newMemory(barrierWords(this.parties));
    this.#words = new SharedWords(this.#memory, owners);
    if (handle === undefined) initBarrier(this.#words);
  }

  /** Whether it is broken. */
  get broken(): boolean {
    return isBroken(this.#words);
  }

  /** How many wait at this moment. */
  get waiting(): number {
    return this.broken ? 0 : waiting(this.#words) % this.parties;
  }

  /**
   * Waits for all parties; gives how many came before: each of them gets another number, one of them 0. Meanwhile the
   * script stays alive.
   *
   * @throws {WaitTimeoutError} If `timeout` passes first; the barrier is broken then.
   * @throws {BrokenBarrierError} If it is broken, or breaks.
   */
  async wait(limits?: WaitLimits): Promise<number> {
    const timeout = checkLimits(WAIT, limits);
    limits?.signal?.throwIfAborted();
    const run = this.#meeting(timeout);
    await runAsync(run, limits?.signal);
    return told(run);
  }

  /**
   * Waits for all parties, and blocks this thread until they have come; as {@linkcode Barrier.wait}.
   *
   * @throws {WaitTimeoutError} If `timeout` passes first; the barrier is broken then.
   * @throws {BrokenBarrierError} If it is broken, or breaks.
   * @throws {TypeError} On the main thread, without a `timeout`.
   */
  waitSync(limits?: BlockLimits): number {
    const run = this.#meeting(checkBlock(WAIT, limits));
    runSync(run);
    return told(run);
  }

  /** Breaks it: who waits, and who comes, gets a {@linkcode BrokenBarrierError}. */
  abort(): void {
    runThrough(this.#words, abort);
  }

  /** Makes it whole and empty again. Who waits gets a {@linkcode BrokenBarrierError}. */
  reset(): void {
    runSync(running("reset Barrier", this.#words, undefined, reset));
  }

  /** Shows its state. */
  toString(): string {
    return `Barrier(${this.broken ? "broken" : `${this.waiting} of ${this.parties}`})`;
  }

  /** @ignore */
  [BRAND](): Handle {
    const { parties } = this;
    return { kind: KIND, version: VERSION, memory: this.#memory, parties, owners: this.#words.owners.memory };
  }

  #meeting(timeout: number | undefined): Machine {
    const run = running(WAIT, this.#words, timeout, meet);
    run.frame.b = this.parties;
    return run;
  }
}

function told({ frame }: Machine): number {
  if (frame.result === Result.BROKEN) throw new BrokenBarrierError(`Cannot ${WAIT}: it is broken`);
  return frame.a;
}

registerKind(KIND, Barrier);
