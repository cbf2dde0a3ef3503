/**
 * What a `Connection` is built on: how its holder reaches the pipe. An end of this process uses channels in shared memory
 * (channel_end.ts); one of another process is reached by messages (lib/remote/remote_connection.ts).
 *
 * @module
 */
import type { Handle } from "../shared/handle.ts";
import type { Arrivals } from "./item_source.ts";

/** One end of a pipe. `call` is for the message of an error. */
export interface PipeEnd {
  /** Whether this holder still has the end, and it is open. */
  readonly open: boolean;
  /** Sends a message; resolves to `false` if the other end is gone. */
  send(call: string, message: unknown, timeout: number | undefined, signal?: AbortSignal): Promise<boolean>;
  /** Sends a message, and blocks this thread until it is sent. */
  sendSync(call: string, message: unknown, timeout: number | undefined): boolean;
  /** Takes the next message, or `CLOSED` (item_source.ts). */
  take(call: string, timeout: number | undefined, signal?: AbortSignal): Promise<unknown>;
  /** Takes the next message, and blocks this thread until there is one. */
  takeSync(call: string, timeout: number | undefined): unknown;
  /** Takes the next message if there is one now; else `EMPTY` or `CLOSED`. */
  tryTake(call: string): unknown;
  /** Whether a take would return or fail at once. */
  poll(call: string): boolean;
  /** Returns how `select` waits for messages. */
  arrivals(call: string): Arrivals;
  close(): void;
  /** Returns the handle, which takes the end to another holder. */
  handle(kind: string): Handle;
}
