/**
 * `AnswerPoll`: how this side polls for the answer of a call of a worker process before its event loop sleeps.
 *
 * @module
 */
import { performance } from "../core/platform.ts";
import { setImmediate } from "../core/timer.ts";
import { WaitBudget } from "../core/wait_budget.ts";
import type { MemoryFile, Offer } from "../protocol/memory_file.ts";
import { isCoreFree, workerBecameBusy, workerBecameFree } from "./busy_workers.ts";

/** Maximum milliseconds of polling. */
const MAX_POLL = 0.15;

/** The polling for the answers of one worker. */
export class AnswerPoll {
  readonly #file: MemoryFile;
  readonly #readSlot: () => void;
  // For a worker that polls for the call, and for one that has to be woken: it may be woken on the core of this side.
  readonly #ofAwake = new WaitBudget(MAX_POLL);
  readonly #ofAsleep = new WaitBudget(MAX_POLL);
  #budget = this.#ofAsleep;
  // Whether there is a call in flight, since when its answer is waited for, and until when it is polled for.
  #isWaiting = false;
  #waitStart = 0;
  #end = 0;
  // Whether the worker polled for the call when it was sent.
  #isAwaited = false;
  // Whether the wait counts for the budget, and whether polling is under way.
  #mayPoll = false;
  #isPolling = false;
  #isClosed = false;

  /** @param readSlot Reads what the worker has put into the slot: the answer, if it is there. */
  constructor(file: MemoryFile, readSlot: () => void) {
    this.#file = file;
    this.#readSlot = readSlot;
  }

  /**
   * A batch of calls is about to be sent, the only one in flight: polls for its answer, if that pays. Gives a single call to a
   * worker that polls for it.
   *
   * @param first Number of the first call.
   */
  offer(frame: readonly Uint8Array[], first: number, count: number): Offer {
    if (this.#isClosed) return "refused";
    this.#isAwaited = this.#file.awaits(first);
    this.#begin(first + count);
    return this.#isAwaited && count === 1 ? this.#file.offer(frame, first) : "refused";
  }

  #begin(tail: number): void {
    this.#budget = this.#isAwaited ? this.#ofAwake : this.#ofAsleep;
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

  /** A batch was written into the connection: shows that to a worker that polls, and that this side polls. */
  written(): void {
    if (!this.#isClosed && (this.#isAwaited || this.#file.polls)) this.#file.publish();
  }

  /** Reads the answer that the worker may have put into the slot. */
  readSlot(): void {
    if (this.#isWaiting && !this.#isClosed) this.#readSlot();
  }

  /** The call has ended. */
  answered(): void {
    if (!this.#isWaiting) return;
    this.#isWaiting = false;
    // The worker learns of it with the next call: until then it has no answer.
    this.#file.pollsAfter(undefined);
    workerBecameFree();
    if (this.#mayPoll) this.#budget.end(performance.now() - this.#waitStart);
  }

  /** The connection has ended. */
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
    // From now on the worker writes its answer into the connection, or it is in the slot by now.
    this.#file.pollsAfter(undefined);
    this.#file.publish();
    this.readSlot();
  };
}
