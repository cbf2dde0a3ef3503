/**
 * `Gate`: lets a test and its tasks wait for each other, on any backend.
 *
 * ```
 * test: await gate.entered(2)   <-  tasks: enter(gate)      counts
 * test: gate.open()             ->  tasks: await passage    continue
 * ```
 *
 * @module
 */
import { pause, until } from "./within.ts";
import { sharedWords } from "./words.ts";

/** The gate's shared memory, which a test passes to tasks. */
export type GateWords = Int32Array<SharedArrayBuffer>;

/** Index of each word of a gate. */
export const Words = { ENTERED: 0, OPEN: 1, INSIDE: 2, PEAK: 3, THREAD: 4, NOTE: 5, LEFT: 6 } as const;

/** The test's side of a gate. */
export class Gate implements AsyncDisposable {
  /** The memory to pass to tasks. */
  readonly words: GateWords = sharedWords(16);

  /** Waits until `count` tasks have entered. */
  async entered(count = 1): Promise<void> {
    await until(() => this.count >= count, () => `${count} tasks entered the gate (${this.count} did)`);
  }

  /** Number of tasks that have entered so far. */
  get count(): number {
    return this.read("ENTERED");
  }

  /** Reads a word. */
  read(word: keyof typeof Words): number {
    return Atomics.load(this.words, Words[word]);
  }

  /** Lets all tasks through, now and later. */
  open(): void {
    Atomics.store(this.words, Words.OPEN, 1);
    Atomics.notify(this.words, Words.OPEN);
  }

  /**
   * Opens the gate and waits for the tasks to leave: a failed test must not leave waiting tasks, and a task that its pool
   * has abandoned must not outlive the test. A killed task never leaves, so the wait ends after a few turns.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.open();
    for (let turn = 0; turn < 10 && this.read("LEFT") < this.count; turn++) await pause(2);
  }
}
