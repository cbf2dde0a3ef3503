/**
 * Hears what is put into a channel, without keeping the script alive: `Queue.get` would.
 *
 * ```
 * take all there is -> Atomics.waitAsync on TAIL -> somebody puts, or closes -> take all there is
 * ```
 *
 * It is the only consumer of its channel, so no notification can go to somebody else.
 *
 * @module
 */
import type { Channel } from "../queue/channel.ts";
import type { LogRecord } from "../queue/paged_log.ts";

const TAIL = 1;
/** Most records in one turn of the event loop: others want theirs, too. */
const AT_ONCE = 256;

/** The one consumer of a channel. */
export class Mailbox {
  readonly #channel: Channel;
  readonly #receive: (record: LogRecord) => void;
  readonly #closed: () => void;
  #state: "idle" | "listening" | "stopped" = "idle";

  /**
   * @param receive Gets each record, in order. It must not throw.
   * @param closed Called once, when the channel is closed and empty.
   */
  constructor(channel: Channel, receive: (record: LogRecord) => void, closed: () => void) {
    this.#channel = channel;
    this.#receive = receive;
    this.#closed = closed;
  }

  /** Begins to listen. */
  listen(): void {
    if (this.#state !== "idle") return;
    this.#state = "listening";
    this.#sleep();
  }

  /** Hears nothing more. */
  stop(): void {
    this.#state = "stopped";
    // An entry among the waiters cannot be taken back: it would keep all of this alive.
    Atomics.notify(this.#channel.control.array, TAIL);
  }

  /** The channel has been closed by its consumer: takes what is left, and hears nothing more. */
  finish(): void {
    while (this.#state === "listening") this.#drain();
  }

  #sleep(): void {
    const { control } = this.#channel;
    while (this.#state === "listening") {
      const tail = control.load(TAIL);
      if (this.#channel.size > 0 || this.#channel.closed) {
        if (this.#drain()) continue;
        setTimeout(() => this.#sleep(), 0);
        return;
      }
      const entry = Atomics.waitAsync(control.array, TAIL, tail);
      if (!entry.async) continue;
      void entry.value.then(() => this.#sleep());
      return;
    }
  }

  // Whether it has taken all there was.
  #drain(): boolean {
    for (let count = 0; count < AT_ONCE; count++) {
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
