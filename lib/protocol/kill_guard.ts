/**
 * The kill guard: shared memory by which a host and its worker agree on stopping the thread by force.
 *
 * PROTECTED counts the reasons to wait. A forced stop while the runtime loads one of its own modules, or a task module,
 * can abort the whole process. The worker raises the count around what it loads, and the host waits until it is zero.
 * A scoped worker raises it only so that the host does not take a slow load for a blocked worker.
 *
 * STOP is set once the host has stopped the thread. The runtime can lose a stop that arrives while it builds an error
 * or formats a value; the worker then finds STOP set at its next call of such a function (workers/stop_retry.ts).
 *
 * @module
 */
import { Atomics } from "../core/platform.ts";

const PROTECTED = 0;
const STOP = 1;
const NEVER = 2;

/** The kill guard of one worker, as either side sees it. */
export class KillGuard {
  /** The memory to hand to the other side. */
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(12)) {
    this.memory = memory;
    this.#words = new Int32Array(memory);
  }

  /** Worker: runs a function during which the thread must not be stopped by force. */
  async protect<T>(run: () => Promise<T>): Promise<T> {
    Atomics.add(this.#words, PROTECTED, 1);
    try {
      return await run();
    } finally {
      Atomics.sub(this.#words, PROTECTED, 1);
    }
  }

  /** Host: whether the thread must not be stopped by force now. */
  get isProtected(): boolean {
    return Atomics.load(this.#words, PROTECTED) > 0;
  }

  /** Host: marks the thread as stopped. */
  requestStop(): void {
    Atomics.store(this.#words, STOP, 1);
  }

  /** Worker: whether the host has stopped the thread. */
  get stopRequested(): boolean {
    return Atomics.load(this.#words, STOP) === 1;
  }

  /** Worker: blocks forever, so that a thread which cannot end uses no processor time. */
  sleepForever(): never {
    for (;;) Atomics.wait(this.#words, NEVER, 0);
  }
}
