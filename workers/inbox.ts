/**
 * What a worker is to run, in the order of the numbers of the calls, whichever way each has come.
 *
 * ```
 * board ---- calls whose arguments are in shared memory -+
 *                                                        +-> next() -> serve.ts
 * port ----- run messages, for all others ---------------+
 *
 * nothing there: block for a moment (linger); then let the event loop turn, and wait there (listen)
 * ```
 *
 * Why it blocks: a call that comes within LINGER of the last answer finds a thread that is awake in 5 us, and not after
 * some turns of its event loop. It costs no processor time, and only a worker blocks that runs nothing. After a message
 * it does not: the next one would have to wake it twice, which costs a quarter of the whole call. Timers and
 * sockets that calls have left behind wait for SLICE and LINGER at most.
 *
 * @module
 */
import { Deque } from "../lib/core/deque.ts";
import type { Doorbell } from "../lib/protocol/doorbell.ts";
import type { CallTable } from "../lib/protocol/call_table.ts";
import type { RunMessage } from "../lib/protocol/messages.ts";

/** How long, in milliseconds, a worker that has answered blocks for the next call. */
const PARK_TIME = 0.5;
/** How long, in milliseconds, the event loop may stand still while there are calls. */
const LOOP_INTERVAL = 1;

/** The calls for one worker. */
export class Inbox {
  readonly #callTable: CallTable;
  readonly #doorbell: Doorbell;
  readonly #knows: (task: number) => boolean;
  // Batches that have come by port, and the number behind the last of them.
  readonly #messages = new Deque<RunMessage>();
  #posted = 0;
  // The next call, and the tail as it was when there was none.
  #cursor = 0;
  #tail = 0;
  // Whether the next call needs a message that has been sent and has not come: the event loop brings it.
  #expecting = false;
  // When the event loop turned last, and how many messages had been posted by then.
  #turned = 0;
  #posts = 0;
  #listening = false;
  // Whether the last batch came by port, as the next one then may.
  #byPort = false;

  /** @param knows Whether the message has come that says what a task is. */
  constructor(board: CallTable, bell: Doorbell, knows: (task: number) => boolean) {
    this.#callTable = board;
    this.#doorbell = bell;
    this.#knows = knows;
  }

  /** A batch has come by port. */
  push(batch: RunMessage): void {
    this.#messages.push(batch);
    this.#posted = batch.first + batch.items.length;
  }

  /** The next batch, if it is there; some of its calls may have been withdrawn. */
  next(): RunMessage | undefined {
    this.#expecting = false;
    while (this.#hasCalls()) {
      const picked = this.#callTable.batchFrom(this.#cursor);
      if (picked === null) {
        this.#cursor++;
        continue;
      }
      const batch = picked && !this.#knows(picked.task) ? undefined : picked ?? this.#nextMessage();
      if (batch) this.#cursor = batch.first + batch.items.length;
      else this.#expecting = true;
      this.#byPort = !picked;
      return batch;
    }
    return undefined;
  }

  /** The event loop has turned. */
  loopTurned(): void {
    this.#turned = performance.now();
    this.#posts = this.#doorbell.postCount;
  }

  /** Whether it is time for the event loop to turn. */
  get loopTurnDue(): boolean {
    return performance.now() - this.#turned >= LOOP_INTERVAL;
  }

  /** Blocks for a moment; whether calls have come. */
  park(): boolean {
    return !this.#byPort && !this.#expecting && this.#doorbell.park(this.#tail, this.#posts, PARK_TIME);
  }

  /** Calls `come` when calls have come since {@linkcode next} had none. Messages tell by themselves. */
  listen(come: () => void): void {
    if (this.#listening || this.#expecting) return;
    const moved = this.#doorbell.published(this.#tail);
    if (!moved) return come();
    this.#listening = true;
    void moved.then(() => {
      this.#listening = false;
      come();
    });
  }

  // Whether there are calls from the cursor on. The tail has 32 bits, and is behind what has come by port.
  #hasCalls(): boolean {
    this.#tail = this.#doorbell.tail;
    return this.#posted > this.#cursor || ((this.#tail - this.#cursor) | 0) > 0;
  }

  // The call at the cursor comes by port: its message is the first that is not behind it, or on the way.
  #nextMessage(): RunMessage | undefined {
    for (let batch; (batch = this.#messages.shift());) {
      // What is behind the cursor was withdrawn.
      if (batch.first + batch.items.length > this.#cursor) return batch;
    }
    return undefined;
  }
}
