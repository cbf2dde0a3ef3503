/**
 * Shared memory in which the hooks and tasks of `fixtures/tasks/hooks.ts` note their steps.
 *
 * @module
 */

import { pause } from "./within.ts";
import { sharedWords } from "./words.ts";

/** The shared memory, which a test passes to hooks and tasks. */
export type HookWords = Int32Array<SharedArrayBuffer>;

/** Index of each word. */
export const Steps = { BEGUN: 0, READY: 1, ENDED: 2, EARLY: 3, RUN: 4, OPEN: 5 } as const;

/** The test's side of the memory. */
export class StepLog implements AsyncDisposable {
  readonly words: HookWords = sharedWords(16);

  /** Reads a word. */
  read(word: keyof typeof Steps): number {
    return Atomics.load(this.words, Steps[word]);
  }

  /** Lets held hooks go on. */
  open(): void {
    Atomics.store(this.words, Steps.OPEN, 1);
  }

  /** Opens it and waits: a hook that its pool has abandoned must not outlive the test. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.open();
    await pause(20);
  }
}
