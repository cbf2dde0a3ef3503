/**
 * Finds the items of consumers that have died, and returns their tickets. The steps are those of
 * steps/lost_deliveries.ts.
 *
 * A consumer that dies sends no message, so each call here searches the rows of all threads.
 *
 * @module
 */
import { corruptMemory } from "../core/corrupt_memory.ts";
import type { SharedWords } from "../shared/memory.ts";
import { BUSY, lockHeld, runNow } from "../shared/run_now.ts";
import { acquire, release } from "../shared/steps/lock.ts";
import { DONE, Frame, Result } from "../shared/steps/step.ts";
import { newMachine, runToEnd } from "../shared/waiting.ts";
import { Control, deliveryWords, FIRST_ROW, LOST_LIST, MAX_LISTED, ROW_SIZE, ROWS } from "./control_layout.ts";
import { DeliveryStage, type DeliveryWords, Word } from "./steps/delivery_words.ts";
import { collect as collectStep, diedHolding } from "./steps/lost_deliveries.ts";

/** The lost items of a queue. */
export class LostItems {
  readonly #control: SharedWords;
  readonly #takeLock: SharedWords;
  readonly #deliveries: DeliveryWords;

  constructor(control: SharedWords, takeLock: SharedWords) {
    this.#control = control;
    this.#takeLock = takeLock;
    this.#deliveries = deliveryWords(control);
  }

  /** Lists the items of consumers that have died, if there are any. `call` is for the message of an error. */
  collect(call: string): void {
    if (this.#hasDeadHolder()) this.#locked(call, () => this.#listLost(call));
  }

  /** Returns the tickets of lost items, each once for all threads. */
  take(call: string): number[] {
    return this.#locked(call, () => {
      this.#listLost(call);
      const { tickets } = this;
      this.#control.store(Control.READ, this.#control.load(Word.LOST));
      return tickets;
    });
  }

  /**
   * Tickets of lost items that `take` has not returned yet. The list keeps the last `MAX_LISTED` of all threads, and the
   * last 15 of one thread; older ones are missing.
   */
  get tickets(): number[] {
    const words = this.#control;
    const end = words.load(Word.LOST);
    const count = Math.min((end - words.load(Control.READ)) | 0, MAX_LISTED);
    return Array.from(
      { length: count },
      (_, i) => words.load(LOST_LIST + (end - count + i >>> 0) % MAX_LISTED),
    );
  }

  #hasDeadHolder(): boolean {
    // Row 0 belongs to no thread.
    for (let row = 1; row < ROWS; row++) {
      if (diedHolding(this.#deliveries, FIRST_ROW + row * ROW_SIZE)) return true;
    }
    return false;
  }

  #listLost(call: string): void {
    const frame = new Frame();
    frame.me = this.#control.owners.me;
    frame.pc = DeliveryStage.UNDO;
    const next = this.#control.load(Control.HEAD) >>> 1; // The lowest bit says whether the queue is closed.
    while (collectStep(this.#deliveries, frame, next) !== DONE);
    if (frame.result === Result.CORRUPT) throw corruptMemory(call);
  }

  #locked<T>(call: string, run: () => T): T {
    const machine = newMachine(call, this.#takeLock, undefined, acquire);
    machine.frame.recover = true;
    if (runNow(machine) === BUSY) throw lockHeld(call);
    try {
      return run();
    } finally {
      runToEnd(call, this.#takeLock, release);
    }
  }
}
