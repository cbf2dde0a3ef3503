/**
 * Which thread has which item of a queue, so that an item that dies with its consumer can be named. The steps are those
 * of steps/deliveries.ts; the id of a thread gives its place.
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

  /** Delivers an item to this thread: a copy step of the ring, from `DeliveryStage.UNDO`, before HEAD moves. */
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
