/**
 * `ConnectedClient`: the way back from a manager to one of its clients.
 *
 * @module
 */
import { OVER } from "../core/abort.ts";
import { AbortController } from "../core/platform.ts";
import { Channel, type ChannelMemory } from "../queue/channel.ts";
import type { LogRecord } from "../queue/paged_log.ts";

/** A client that has connected. */
export class ConnectedClient {
  /** Id of its thread. */
  readonly owner: number;
  readonly #replies: Channel;
  // Ends the replies that wait for room: nothing else ends them if the channel is corrupt, and they keep the script alive.
  readonly #puts = new AbortController();

  constructor(owner: number, memory: ChannelMemory) {
    this.owner = owner;
    this.#replies = new Channel(memory);
  }

  /** Sends a reply. The client has sent the memory of the channel: if it is corrupt, that client gets no reply any more. */
  reply(record: LogRecord): void {
    this.#replies.put("reply", record, undefined, this.#puts.signal).catch(() => this.#replies.close());
  }

  /** Ends its channel, which rejects the calls that have no reply. */
  disconnect(): void {
    this.#replies.close();
    this.#puts.abort(OVER);
  }
}
