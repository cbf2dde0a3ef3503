/**
 * Records which thread has taken which item of a queue, so that `takeLost` can return the items of a thread that has
 * died. The steps are those of steps/deliveries.ts.
 *
 * @module
 */
import type { SharedWords } from "../shared/memory.ts";
import { DONE, Frame, type Outcome } from "../shared/steps/step.ts";
import { deliveryWords } from "./control_layout.ts";
import { type DeliveryWords, doneCount, releaseAll, releaseOne, take } from "./steps/deliveries.ts";

/** The deliveries of a queue, as one thread changes them. */
export class Deliveries {
  readonly #words: DeliveryWords;
  readonly #me: number;

  constructor(control: SharedWords) {
    this.#words = deliveryWords(control);
    this.#me = control.owners.me;
  }

  /**
   * Records an item as delivered to this thread. The queue's ring runs this as the last part of its copy step, before
   * HEAD moves; `frame.pc` begins at `DeliveryStage.UNDO`.
   */
  deliver(frame: Frame, ticket: number): Outcome {
    // All steps at once: this runs under a lock, so no other thread sees one of them.
    while (take(this.#words, frame, ticket) !== DONE);
    return DONE;
  }

  /** Acknowledges all items that were delivered to this thread. */
  acknowledgeAll(): void {
    const frame = this.#frame();
    while (releaseAll(this.#words, frame) !== DONE);
  }

  /** Acknowledges the oldest item that was delivered to this thread; `false` if there is none. */
  acknowledgeOldest(): boolean {
    const frame = this.#frame();
    while (releaseOne(this.#words, frame) !== DONE);
    return frame.result === 0;
  }

  /** How many items are acknowledged or lost. */
  get doneCount(): number {
    return doneCount(this.#words);
  }

  #frame(): Frame {
    const frame = new Frame();
    frame.me = this.#me;
    return frame;
  }
}
