/**
 * `NextCallPoll`: a worker process that has answered polls for the next call before its event loop sleeps.
 *
 * @module
 */
import { performance } from "../lib/core/platform.ts";
import { WaitBudget } from "../lib/core/wait_budget.ts";
import type { MemoryFile } from "../lib/protocol/memory_file.ts";

/** Maximum milliseconds of polling. It delays timers and sockets of earlier calls by as much. */
const MAX_POLL = 0.6;

/** The polling of one worker. */
export class NextCallPoll {
  readonly #file: MemoryFile;
  readonly #readSlot: () => boolean;
  // The host decides whether polling shortens the waits of both. This side only sees whether calls come that soon.
  readonly #budget = new WaitBudget(MAX_POLL, { maxRatio: Infinity });
  // One more than the number of the last call; when the wait for the next one began, 0 if there is no wait.
  #tail = 0;
  #waitStart = 0;
  // Whether the host has begun to poll for the answer of the last call.
  #hostPolls = false;
  // Whether the state that the host gets with the answer says that the worker polls.
  #isAnnounced = false;

  /** @param readSlot Reads the call that the host may have put into the slot, and returns whether there was one. */
  constructor(file: MemoryFile, readSlot: () => boolean) {
    this.#file = file;
    this.#readSlot = readSlot;
  }

  /** Ends the wait for a call: the calls before number `tail` have come. */
  callsCame(tail: number): void {
    this.#tail = tail;
    this.#hostPolls = this.#file.otherPolls(tail);
    if (this.#waitStart > 0) this.#budget.end(performance.now() - this.#waitStart);
    this.#waitStart = 0;
  }

  /**
   * Begins the wait for call number `tail`: the call before it is about to be answered, and {@linkcode poll} follows. The
   * worker polls only if the host has begun to poll for that answer. The state that the host gets with the answer already
   * says that the worker polls. So the host need not wake it, even if the next call comes before the polling has begun.
   */
  announce(tail: number): void {
    if (tail !== this.#tail || !this.#hostPolls) return;
    this.#waitStart = performance.now();
    this.#isAnnounced = this.#budget.begin() > 0;
    if (this.#isAnnounced) this.#file.pollsAfter(tail);
  }

  /**
   * Polls for the next call, if {@linkcode announce} has found that this is worth its time. Returns whether it has come. Called
   * when all calls that have come are answered.
   */
  poll(): boolean {
    if (!this.#isAnnounced) return false;
    this.#isAnnounced = false;
    const end = performance.now() + MAX_POLL;
    let hasCome;
    do hasCome = this.#readSlot(); while (!hasCome && !this.#file.hasUnread && performance.now() < end);
    this.#file.pollsAfter(undefined);
    if (hasCome) return true;
    // A host that reads this state writes the next call into the connection. If it has read an earlier state, the call is in
    // the slot by now.
    this.#file.publish();
    return this.#readSlot();
  }
}
