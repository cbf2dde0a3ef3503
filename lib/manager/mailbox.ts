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
import { Atomics } from "../core/platform.ts";
import { setTimeout } from "../core/timer.ts";
import { corruptMemory } from "../core/corrupt_memory.ts";
import type { Channel, Item } from "../queue/channel.ts";
import { Control } from "../queue/control_layout.ts";
import type { LogRecord } from "../queue/paged_log.ts";

const { TAIL } = Control;
/** Tickets have 31 bits. */
const MAX_TICKET = 0x7fffffff;
/** Maximum number of records in one turn of the event loop, so that timers and other tasks of the thread run too. */
const MAX_PER_TURN = 256;
/** Maximum number of turns of `finish`, and of attempts to sleep in one turn. A channel that needs more is corrupt. */
const MAX_TURNS = 512;
const CALL = "receive for Manager";

/** The one consumer of a channel. */
export class Mailbox {
  readonly #channel: Channel;
  readonly #receive: (record: LogRecord) => void;
  readonly #ended: (error: unknown) => void;
  // Ticket of the next record. A mailbox is the only consumer, so no ticket is missing.
  #next = 0;
  #state: "idle" | "listening" | "stopped" = "idle";

  /**
   * @param receive Called with each record, in order. It must not throw.
   * @param ended Called once, when the channel is closed and empty, or with an error, if its memory is corrupt.
   */
  constructor(channel: Channel, receive: (record: LogRecord) => void, ended: (error?: unknown) => void) {
    this.#channel = channel;
    this.#receive = receive;
    this.#ended = ended;
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
    for (let turn = 0; turn < MAX_TURNS && this.#state === "listening"; turn++) this.#takeAll();
  }

  #sleep(): void {
    const { control } = this.#channel;
    for (let attempt = 0; this.#state === "listening"; attempt++) {
      const tail = control.load(TAIL);
      if (this.#channel.size > 0 || this.#channel.closed) {
        if (this.#takeAll() && attempt < MAX_TURNS) continue;
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
      const item = this.#take();
      if (item === undefined || this.#state === "stopped") return true;
      this.#receive(item);
    }
    return false;
  }

  #take(): Item | undefined {
    try {
      // A record takes 8 bytes or more.
      const { size, memory } = this.#channel;
      if (size > memory.pages.byteLength >>> 3) throw corruptMemory(CALL);
      const item = this.#channel.tryTake(CALL);
      if (item === "closed") this.#end();
      if (typeof item === "string") return undefined;
      if (item.ticket !== this.#next) throw corruptMemory(CALL);
      this.#next = (item.ticket + 1) & MAX_TICKET;
      return item;
    } catch (error) {
      this.#end(error);
    }
  }

  #end(error?: unknown): void {
    this.stop();
    this.#ended(error);
  }
}
