/**
 * `AnswerPoll`: the host of a worker process polls for the answer of a call before its event loop sleeps.
 *
 * @module
 */
import { performance } from "../core/platform.ts";
import { setImmediate } from "../core/timer.ts";
import { WaitBudget } from "../core/wait_budget.ts";
import type { MemoryFile, Offer } from "../protocol/memory_file.ts";
import type { Batch } from "./transport.ts";
import { isCoreFree, workerBecameBusy, workerBecameFree } from "./busy_workers.ts";

/** Maximum milliseconds of polling. */
const MAX_POLL = 0.3;
/**
 * A wait that is longer counts as so many milliseconds. Where other programs take a core, a host that polls drives the worker
 * onto that core, and then waits for it until the scheduler of the system takes the core from them. The mean must show that.
 */
const LONGEST = 2 * MAX_POLL;
/**
 * The host polls until its waits take twice as long as without polling: some long waits together, as while the runtime
 * compiles, must not end the polling.
 */
const MAX_RATIO = 2;
/** The worker polls for the next call only if the host has polled for the last answer, so a try needs several calls. */
const TRY_LENGTH = 4;

/** The polling for the answers of one worker. */
export class AnswerPoll {
  readonly #file: MemoryFile;
  readonly #readSlot: () => void;
  readonly #budget = new WaitBudget(MAX_POLL, { maxRatio: MAX_RATIO, longest: LONGEST, tryLength: TRY_LENGTH });
  // Whether a call is in flight; when the wait for its answer began; when the polling for it ends.
  #isWaiting = false;
  #waitStart = 0;
  #end = 0;
  // Whether a core was free for polling, so that the wait counts for the budget; whether the event loop's next turn polls.
  #mayPoll = false;
  #isPolling = false;
  #isClosed = false;

  /** @param readSlot Reads what the worker has put into the slot: the answer, if it is there. */
  constructor(file: MemoryFile, readSlot: () => void) {
    this.#file = file;
    this.#readSlot = readSlot;
  }

  /**
   * Begins the wait for the answer of a batch that is about to be sent, the only one in flight: polls, if the wait budget
   * allows it. Puts a single call into the slot, if the worker polls for it.
   *
   * @param frame Its frame; `undefined` if it must not overtake another message, which goes through the connection.
   */
  offer({ first, items }: Batch, frame: readonly Uint8Array[] | undefined): Offer {
    if (this.#isClosed) return "refused";
    this.#begin(first + items.length);
    return frame && items.length === 1 && this.#file.awaits(first) ? this.#file.offer(frame, first) : "refused";
  }

  #begin(tail: number): void {
    const now = this.#waitStart = performance.now();
    if (!this.#isWaiting) workerBecameBusy();
    this.#isWaiting = true;
    this.#mayPoll = isCoreFree();
    this.#end = this.#mayPoll ? now + this.#budget.begin() : now;
    const polls = this.#end > now;
    this.#file.pollsAfter(polls ? tail : undefined);
    if (this.#isPolling || !polls) return;
    this.#isPolling = true;
    setImmediate(this.#check);
  }

  /** Shows a worker that polls that a batch was written into the connection, and whether the host polls for the answer. */
  written(): void {
    if (!this.#isClosed) this.#file.publish();
  }

  /** Reads the answer that the worker may have put into the slot. */
  readSlot(): void {
    if (this.#isWaiting && !this.#isClosed) this.#readSlot();
  }

  /** Ends the wait: the call has ended. */
  answered(): void {
    if (!this.#isWaiting) return;
    this.#isWaiting = false;
    // Not published now: the next call does that, and until then the worker has no answer to give.
    this.#file.pollsAfter(undefined);
    workerBecameFree();
    if (this.#mayPoll) this.#budget.end(performance.now() - this.#waitStart);
  }

  /** Ends the polling: the connection has ended. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#isWaiting) workerBecameFree();
    this.#isWaiting = false;
  }

  readonly #check = (): void => {
    this.readSlot();
    this.#isPolling = this.#isWaiting && isCoreFree() && performance.now() < this.#end && !this.#file.hasUnread;
    if (this.#isPolling) return setImmediate(this.#check);
    if (!this.#isWaiting) return;
    // A worker that reads this state writes its answer into the connection. If it has read an earlier state, the answer is in
    // the slot by now.
    this.#file.pollsAfter(undefined);
    this.#file.publish();
    this.readSlot();
  };
}
