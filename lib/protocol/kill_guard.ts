/**
 * Two shared words by which host and worker agree on stopping the thread by force.
 *
 * FRAGILE counts the reasons not to: while the runtime loads one of its own modules, or a task module, a forced stop can
 * abort the whole process. The worker raises it around what it loads, the host waits for zero.
 *
 * STOP says that the host has stopped the thread. A stop can be swallowed, if it strikes while the runtime builds an
 * error or formats a value; the worker then looks here at its next call of such a function (workers/stop_retry.ts).
 *
 * @module
 */
const PROTECTED = 0;
const STOP = 1;
const NEVER = 2;

/** One worker's brake, seen from either side. */
export class KillGuard {
  /** The memory to hand to the other side. */
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(12)) {
    this.memory = memory;
    this.#words = new Int32Array(memory);
  }

  /** Worker: does what must not be interrupted. */
  async protect<T>(work: () => Promise<T>): Promise<T> {
    Atomics.add(this.#words, PROTECTED, 1);
    try {
      return await work();
    } finally {
      Atomics.sub(this.#words, PROTECTED, 1);
    }
  }

  /** Host: whether the thread must not be stopped by force now. */
  get isProtected(): boolean {
    return Atomics.load(this.#words, PROTECTED) > 0;
  }

  /** Host: the thread is being stopped. */
  requestStop(): void {
    Atomics.store(this.#words, STOP, 1);
  }

  /** Worker: whether the thread has been stopped. */
  get stopRequested(): boolean {
    return Atomics.load(this.#words, STOP) === 1;
  }

  /** Worker: sleeps for ever, so that a thread that cannot end burns no core. */
  sleepForever(): never {
    for (;;) Atomics.wait(this.#words, NEVER, 0);
  }
}
