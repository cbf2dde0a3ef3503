/**
 * Receives what is put into a channel, without keeping the script alive as `Queue.get` would.
 *
 * ```
 * take all records -> Atomics.waitAsync on TAIL -> a thread puts or closes -> take all records
 * ```
 *
 * A mailbox is the only consumer of its channel, so it cannot take a notification from another consumer.
 *
 * @module
 */
import { setTimeout } from "../core/timer.ts";
import type { Channel } from "../queue/channel.ts";
import { Control } from "../queue/control_layout.ts";
import type { LogRecord } from "../queue/paged_log.ts";

const { TAIL } = Control;
/** Maximum number of records in one turn of the event loop, so that timers and other tasks of the thread run too. */
const MAX_PER_TURN = 256;

/** The one consumer of a channel. */
export class Mailbox {
  readonly #channel: Channel;
  readonly #receive: (record: LogRecord) => void;
  readonly #closed: () => void;
  #state: "idle" | "listening" | "stopped" = "idle";

  /**
   * @param receive Called with each record, in order. It must not throw.
   * @param closed Called once, when the channel is closed and empty.
   */
  constructor(channel: Channel, receive: (record: LogRecord) => void, closed: () => void) {
    this.#channel = channel;
    this.#receive = receive;
    this.#closed = closed;
  }

  /** Starts to receive. */
  listen(): void {
    if (this.#state !== "idle") return;
    this.#state = "listening";
    this.#sleep();
  }

  /** Stops to receive. Records that were not taken stay in the channel. */
  stop(): void {
    this.#state = "stopped";
    // A waitAsync entry cannot be cancelled: unless it is woken it keeps this mailbox in memory.
    Atomics.notify(this.#channel.control.array, TAIL);
  }

  /** Takes what is left in a channel that this thread has closed, and stops. */
  finish(): void {
    while (this.#state === "listening") this.#takeAll();
  }

  #sleep(): void {
    const { control } = this.#channel;
    while (this.#state === "listening") {
      const tail = control.load(TAIL);
      if (this.#channel.size > 0 || this.#channel.closed) {
        if (this.#takeAll()) continue;
        setTimeout(() => this.#sleep(), 0);
        return;
      }
      const entry = Atomics.waitAsync(control.array, TAIL, tail);
      if (!entry.async) continue;
      void entry.value.then(() => this.#sleep());
      return;
    }
  }

  // Returns false if it stopped at the maximum, and records may be left.
  #takeAll(): boolean {
    for (let count = 0; count < MAX_PER_TURN; count++) {
      if (this.#channel.size === 0 && !this.#channel.closed) return true;
      const item = this.#channel.tryTake("receive for Manager");
      if (item === "empty" || this.#state === "stopped") return true;
      if (item === "closed") {
        this.stop();
        this.#closed();
        return true;
      }
      this.#receive(item);
    }
    return false;
  }
}
