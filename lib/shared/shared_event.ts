/**
 * Something that has happened, or not yet.
 *
 * @module
 */
import { BRAND, type Handle, handleOfArrival, registerKind, Shared, VERSION } from "./handle.ts";
import { newMemory, SharedWords } from "./memory.ts";
import { OwnerTable } from "./owner_table.ts";
import { runAsync } from "./run_async.ts";
import { runSync } from "./run_sync.ts";
import { clear, EVENT_WORDS, isSet, pass, set } from "./steps/event.ts";
import { type BlockLimits, checkBlock, checkLimits, running, runThrough, type WaitLimits } from "./waiting.ts";

const KIND = "event";
const WAIT = "wait for SharedEvent";

/**
 * A flag in shared memory that threads can wait for (`threading.Event`). It can be an argument or result of a task, at
 * any depth.
 *
 * `set` lets everybody through who waits at that moment, also if the event is cleared right after. All that was written
 * before it is seen by who was let through. Nobody owns an event: deaths do not matter to it.
 *
 * @example Waiting for a start
 * ```ts
 * import { assert } from "@std/assert";
 * import { SharedEvent } from "@isopool/isopool";
 *
 * const start = new SharedEvent();
 * setTimeout(() => start.set(), 1);
 * await start.wait({ timeout: 1_000 });
 * assert(start.isSet);
 * ```
 */
export class SharedEvent extends Shared {
  readonly #memory: SharedArrayBuffer;
  readonly #words: SharedWords;

  /** Creates an event that is not set. */
  constructor() {
    super();
    // Not part of the signature: what has arrived, see handle.ts.
    const handle = handleOfArrival(arguments[0]);
    const owners = handle ? OwnerTable.of(handle.owners as SharedArrayBuffer) : OwnerTable.local();
    this.#memory = handle?.memory as SharedArrayBuffer ?? newMemory(EVENT_WORDS);
    this.#words = new SharedWords(this.#memory, owners);
  }

  /** Whether it is set at this moment. */
  get isSet(): boolean {
    return isSet(this.#words);
  }

  /** Sets it and lets through everybody who waits. */
  set(): void {
    runThrough(this.#words, set);
  }

  /** Clears it: who comes now waits. */
  clear(): void {
    runThrough(this.#words, clear);
  }

  /**
   * Waits until it is set. Meanwhile the script stays alive.
   *
   * @throws {WaitTimeoutError} If `timeout` passes first.
   */
  async wait(limits?: WaitLimits): Promise<void> {
    const timeout = checkLimits(WAIT, limits);
    limits?.signal?.throwIfAborted();
    if (!this.isSet) await runAsync(running(WAIT, this.#words, timeout, pass), limits?.signal);
  }

  /**
   * Waits until it is set, and blocks this thread until then.
   *
   * @throws {WaitTimeoutError} If `timeout` passes first.
   * @throws {TypeError} On the main thread, without a `timeout`.
   */
  waitSync(limits?: BlockLimits): void {
    const timeout = checkBlock(WAIT, limits);
    if (!this.isSet) runSync(running(WAIT, this.#words, timeout, pass));
  }

  /** Shows its state. */
  toString(): string {
    return `SharedEvent(${this.isSet ? "set" : "clear"})`;
  }

  /** @ignore */
  [BRAND](): Handle {
    return { kind: KIND, version: VERSION, memory: this.#memory, owners: this.#words.owners.memory };
  }
}

registerKind(KIND, SharedEvent);
