/**
 * The batches that wait for a worker, in the order of their call numbers, from shared memory and from its port.
 *
 * ```
 * call table ---- calls whose arguments are in shared memory -+
 *                                                             +-> next() -> serve.ts
 * port ---------- run messages, for all others ---------------+
 *
 * no calls: spin, if the wait budget allows it; block for a moment (park); then wait in turns of the event loop (listen)
 * ```
 *
 * A call that comes within SPIN_TIME of the last answer finds a spinning worker at once; core/wait_budget.ts decides
 * whether that is worth its processor time. The worker blocks because a call that comes within PARK_TIME of the last
 * answer then wakes it in 5 us, and not after several turns of its event loop. Blocking costs no processor time, and a
 * worker blocks only while it runs no call. It does not block after a batch that came by port: the next message would
 * have to wake it twice, which costs a quarter of the whole call. Timers and sockets of earlier calls are delayed by
 * LOOP_INTERVAL (serve.ts) and PARK_TIME at most, or LONG_PARK_TIME while calls come as often as that.
 *
 * @module
 */
import { Deque } from "../lib/core/deque.ts";
import { performance } from "../lib/core/platform.ts";
import { WaitBudget } from "../lib/core/wait_budget.ts";
import type { CallTable } from "../lib/protocol/call_table.ts";
import type { Doorbell } from "../lib/protocol/doorbell.ts";
import type { RunMessage } from "../lib/protocol/messages.ts";
import type { CallInbox } from "./host_link.ts";

/** Milliseconds for which a worker that has answered blocks for the next call. */
const PARK_TIME = 0.5;
/**
 * The same, if the call before came within this time. Calls that come every few milliseconds then find a thread that
 * blocks; one that waits in its event loop starts later, and costs more processor time.
 */
const LONG_PARK_TIME = 3;
/** Milliseconds for which the worker spins before that, if the wait budget allows it: as long as waking it up takes. */
const SPIN_TIME = 0.05;

/** The batches that wait for one worker. */
export class Inbox implements CallInbox {
  readonly #callTable: CallTable;
  readonly #doorbell: Doorbell;
  readonly #hasTask: (task: number) => boolean;
  // Batches that came by port, and one more than the number of their last call.
  readonly #messages = new Deque<RunMessage>();
  #postedTail = 0;
  // Number of the next call, and the tail when it was last read.
  #cursor = 0;
  #tail = 0;
  // Whether the next call needs a message that is still on its way: it arrives in a turn of the event loop.
  #awaitsMessage = false;
  // How many messages had been posted when the event loop turned last.
  #postsAtTurn = 0;
  #listening = false;
  // Since when the worker waits for calls in shared memory; 0 while it does not. How long it waited for the call before.
  #waitStart = 0;
  #lastWait = Infinity;
  readonly #spinning = new WaitBudget(SPIN_TIME);
  // Whether the last batch came by port. The next one is likely to.
  #cameByPort = false;

  /** @param hasTask Whether the `task` message with an id has arrived. */
  constructor(callTable: CallTable, doorbell: Doorbell, hasTask: (id: number) => boolean) {
    this.#callTable = callTable;
    this.#doorbell = doorbell;
    this.#hasTask = hasTask;
  }

  /** Adds a batch that came by port. */
  push(batch: RunMessage): void {
    this.#messages.push(batch);
    this.#postedTail = batch.first + batch.items.length;
  }

  /** Takes the next batch, if there is one. Some of its calls may be withdrawn. */
  next(): RunMessage | undefined {
    this.#awaitsMessage = false;
    while (this.hasCalls) {
      const inMemory = this.#callTable.batchFrom(this.#cursor);
      if (inMemory === null) {
        this.#cursor++;
        continue;
      }
      const batch = inMemory && !this.#hasTask(inMemory.task) ? undefined : inMemory ?? this.#nextMessage();
      if (batch) this.#cursor = batch.first + batch.items.length;
      else this.#awaitsMessage = true;
      this.#cameByPort = !inMemory;
      if (batch && this.#waitStart > 0) this.#callsCame();
      return batch;
    }
    return undefined;
  }

  /** Whether there are calls that {@linkcode next} has not taken. */
  get hasCalls(): boolean {
    this.#tail = this.#doorbell.tail; // It has 32 bits, and may lag behind a batch that came by port.
    return this.#postedTail > this.#cursor || ((this.#tail - this.#cursor) | 0) > 0;
  }

  /** Records that the event loop has turned. */
  loopTurned(): void {
    this.#postsAtTurn = this.#doorbell.postCount;
  }

  /** Spins, then blocks for a moment. Returns whether calls have come. */
  park(): boolean {
    if (this.#cameByPort || this.#awaitsMessage) return false;
    this.#waitStart = performance.now();
    const doorbell = this.#doorbell;
    const ms = this.#spinning.begin();
    if (ms > 0) doorbell.spin(this.#tail, this.#postsAtTurn, ms);
    const parkTime = this.#lastWait < LONG_PARK_TIME ? LONG_PARK_TIME : PARK_TIME;
    const came = doorbell.park(this.#tail, this.#postsAtTurn, parkTime);
    if (came) this.#callsCame();
    return came;
  }

  /** Calls `onCalls` when calls in shared memory have come since {@linkcode next} found none. */
  listen(onCalls: () => void): void {
    if (this.#listening || this.#awaitsMessage) return;
    const published = this.#doorbell.published(this.#tail);
    if (!published) return onCalls();
    this.#listening = true;
    void published.then(() => {
      this.#listening = false;
      onCalls();
    });
  }

  #callsCame(): void {
    this.#lastWait = performance.now() - this.#waitStart;
    this.#spinning.end(this.#lastWait);
    this.#waitStart = 0;
  }

  // Takes the message of the call at the cursor: the first one that contains it or a later call. It may be on its way.
  #nextMessage(): RunMessage | undefined {
    for (let batch; (batch = this.#messages.shift());) {
      // The calls before the cursor were withdrawn.
      if (batch.first + batch.items.length > this.#cursor) return batch;
    }
    return undefined;
  }
}
