/**
 * An event: a flag that threads set, clear, and wait for.
 *
 * @module
 */
import { BRAND, firstOf, type Handle, handleOfArrival, registerKind, Shared, VERSION } from "./handle.ts";
import { newMemory, noArgument, receivedMemory, SharedWords } from "./memory.ts";
import { OwnerTable } from "./owner_table.ts";
import { runAsync } from "./run_async.ts";
import { runSync } from "./run_sync.ts";
import { clear, EVENT_WORDS, isSet, set, wait } from "./steps/event.ts";
import { type BlockLimits, checkBlockLimits, checkLimits, newMachine, runToEnd, type WaitLimits } from "./waiting.ts";

const KIND = "event";
const WAIT = "wait for SharedEvent";

/**
 * A flag in shared memory that threads can wait for (`threading.Event`). A task can take it as argument or return it, at
 * any depth of a value.
 *
 * `set` frees all threads that wait at that moment, even if another thread clears the event right after.
 *
 * ## Cost
 * One load if the event is set; else the thread sleeps in the kernel, or while its event loop turns. `set` wakes all
 * waiters at once.
 *
 * ## When not to use it
 * To free one waiter at a time, use {@linkcode Semaphore}. To wait for the result of a task, await its future.
 *
 * ## Memory ordering
 * A thread that an event lets through sees everything that the other thread wrote before it called `set`.
 *
 * ## Death
 * No thread owns an event, so the death of a thread does not change it.
 *
 * @example Wait for a start signal
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
    // The handle of a received event is not part of the signature: see handle.ts.
    const handle = handleOfArrival(firstOf(arguments));
    if (handle === undefined) noArgument("SharedEvent", firstOf(arguments));
    const owners = handle ? OwnerTable.of(handle.owners as SharedArrayBuffer) : OwnerTable.local();
    this.#memory = handle ? receivedMemory(handle, EVENT_WORDS) : newMemory(EVENT_WORDS);
    this.#words = new SharedWords(this.#memory, owners);
  }

  /** Whether the event is set at this moment. */
  get isSet(): boolean {
    return isSet(this.#words);
  }

  /**
   * Sets the event, and frees all threads that wait for it.
   *
   * @example Free two waiters at once
   * ```ts
   * import { assert } from "@std/assert";
   * import { SharedEvent } from "@isopool/isopool";
   *
   * const ready = new SharedEvent();
   * const waits = [ready.wait(), ready.wait()];
   * ready.set();
   * await Promise.all(waits);
   * assert(ready.isSet);
   * ```
   */
  set(): void {
    runToEnd("set SharedEvent", this.#words, set);
  }

  /**
   * Clears the event: threads that come later wait.
   *
   * @example Close a gate again
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { SharedEvent } from "@isopool/isopool";
   *
   * const gate = new SharedEvent();
   * gate.set();
   * gate.clear();
   * assertEquals(gate.isSet, false);
   * ```
   */
  clear(): void {
    runToEnd("clear SharedEvent", this.#words, clear);
  }

  /**
   * Waits until the event is set. The script stays alive while the call waits.
   *
   * @example Stop waiting when a signal aborts
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { SharedEvent } from "@isopool/isopool";
   *
   * const done = new SharedEvent();
   * const signal = AbortSignal.timeout(5);
   * const error = await done.wait({ signal }).catch((error) => error);
   * assertEquals(error.name, "TimeoutError");
   * ```
   *
   * @throws {WaitTimeoutError} If `timeout` passes first.
   */
  async wait(limits?: WaitLimits): Promise<void> {
    const timeout = checkLimits(WAIT, limits);
    limits?.signal?.throwIfAborted();
    if (!this.isSet) await runAsync(newMachine(WAIT, this.#words, timeout, wait), limits?.signal);
  }

  /**
   * Waits until the event is set, and blocks this thread until then.
   *
   * @example Pass at once if the event is set
   * ```ts
   * import { assert } from "@std/assert";
   * import { SharedEvent } from "@isopool/isopool";
   *
   * const start = new SharedEvent();
   * start.set();
   * start.waitSync({ timeout: 100 });
   * assert(start.isSet);
   * ```
   *
   * @throws {WaitTimeoutError} If `timeout` passes first.
   * @throws {TypeError} On the main thread, without a `timeout`.
   */
  waitSync(limits?: BlockLimits): void {
    const timeout = checkBlockLimits(WAIT, limits);
    if (!this.isSet) runSync(newMachine(WAIT, this.#words, timeout, wait));
  }

  /** Returns `SharedEvent(set)` or `SharedEvent(clear)`. */
  toString(): string {
    return `SharedEvent(${this.isSet ? "set" : "clear"})`;
  }

  /** @ignore */
  [BRAND](): Handle {
    return { kind: KIND, version: VERSION, memory: this.#memory, owners: this.#words.owners.memory };
  }
}

registerKind(KIND, SharedEvent);
