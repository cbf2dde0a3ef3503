/**
 * Gates: how a test and its tasks wait for each other, on any backend.
 *
 * ```
 * test: await gate.entered(2)   <-  tasks: enter(gate)      counts
 * test: gate.open()             ->  tasks: await passage    go on
 * ```
 *
 * @module
 */
import { pause, until } from "./within.ts";

/** What travels to a task: shared memory. */
export type GateWords = Int32Array<SharedArrayBuffer>;

/** Words of a gate. */
export const Words = { ENTERED: 0, OPEN: 1, INSIDE: 2, PEAK: 3, THREAD: 4, NOTE: 5, LEFT: 6 } as const;

/** The test's side of a gate. */
export class Gate implements AsyncDisposable {
  /** To be passed to tasks. */
  readonly words: GateWords = new Int32Array(new SharedArrayBuffer(64));

  /** Waits until so many tasks have entered. */
  async entered(count = 1): Promise<void> {
    await until(() => this.count >= count, `${count} tasks entered the gate (${this.count} did)`);
  }

  /** How many tasks have entered so far. */
  get count(): number {
    return this.read("ENTERED");
  }

  /** Reads a word. */
  read(word: keyof typeof Words): number {
    return Atomics.load(this.words, Words[word]);
  }

  /** Lets everybody through, now and later. */
  open(): void {
    Atomics.store(this.words, Words.OPEN, 1);
    Atomics.notify(this.words, Words.OPEN);
  }

  /**
   * A failed test must not leave tasks waiting, nor may a task that its pool has given up outlive the test. Killed ones
   * never leave: they get a few turns and no more.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.open();
    for (let turn = 0; turn < 10 && this.read("LEFT") < this.count; turn++) await pause(2);
  }
}
