/**
 * `NextCallPoll`: how a worker process that has answered polls for the next call before its event loop sleeps.
 *
 * @module
 */
import { performance } from "../lib/core/platform.ts";
import { WaitBudget } from "../lib/core/wait_budget.ts";
import type { MemoryFile } from "../lib/protocol/memory_file.ts";

/** Maximum milliseconds of polling. Timers and sockets of earlier calls are late by this at the most. */
const MAX_POLL = 0.15;

/** The polling of one worker. */
export class NextCallPoll {
  readonly #file: MemoryFile;
  readonly #readSlot: () => boolean;
  // For a host that polls for the answer, and for one that has to be woken: it may be woken on the core of this side.
  readonly #ofAwake = new WaitBudget(MAX_POLL);
  readonly #ofAsleep = new WaitBudget(MAX_POLL);
  #budget = this.#ofAsleep;
  // Number behind the last call, and since when the next one is waited for.
  #tail = 0;
  #waitStart = 0;
  // Whether the host was told that this side polls.
  #isAnnounced = false;

  /** @param readSlot Reads the call that the host may have put into the slot, and returns whether there was one. */
  constructor(file: MemoryFile, readSlot: () => boolean) {
    this.#file = file;
    this.#readSlot = readSlot;
  }

  /** Calls up to number `tail` have come. */
  callsCame(tail: number): void {
    this.#tail = tail;
    if (this.#waitStart > 0) this.#budget.end(performance.now() - this.#waitStart);
    this.#waitStart = 0;
  }

  /**
   * The call before number `tail` is about to be answered: {@linkcode poll} follows, when that is done and the event loop has
   * turned, if that is due. The host learns of it with the answer, so that it need not wake this side even before.
   *
   * @param isAwaited Whether the host polls for the answer.
   */
  announce(tail: number, isAwaited: boolean): void {
    if (tail !== this.#tail) return;
    this.#budget = isAwaited ? this.#ofAwake : this.#ofAsleep;
    this.#waitStart = performance.now();
    this.#isAnnounced = this.#budget.begin() > 0;
    if (this.#isAnnounced) this.#file.pollsAfter(tail);
  }

  /** All calls that have come were answered: polls for the next one, if that pays. Returns whether it has come. */
  poll(): boolean {
    if (!this.#isAnnounced) return false;
    this.#isAnnounced = false;
    const end = performance.now() + MAX_POLL;
    let hasCome;
    do hasCome = this.#readSlot(); while (!hasCome && !this.#file.hasUnread && performance.now() < end);
    this.#file.pollsAfter(undefined);
    if (hasCome) return true;
    // From now on the host writes the next call into the connection, or it is in the slot by now.
    this.#file.publish();
    return this.#readSlot();
  }
}
