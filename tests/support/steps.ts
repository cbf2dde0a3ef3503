/**
 * Shared memory in which the hooks and tasks of `fixtures/tasks/hooks.ts` note their steps.
 *
 * @module
 */

/** What travels to hooks and tasks. */
export type HookWords = Int32Array<SharedArrayBuffer>;

/** Words. */
export const Steps = { BEGUN: 0, READY: 1, ENDED: 2, EARLY: 3, RUN: 4, OPEN: 5 } as const;

/** The test's side. */
export class StepLog {
  readonly words: HookWords = new Int32Array(new SharedArrayBuffer(64));

  /** Reads a word. */
  read(word: keyof typeof Steps): number {
    return Atomics.load(this.words, Steps[word]);
  }

  /** Lets held hooks go on. */
  open(): void {
    Atomics.store(this.words, Steps.OPEN, 1);
  }
}
