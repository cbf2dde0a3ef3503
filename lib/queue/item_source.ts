/**
 * What a `Queue` is built on: where its items are, and how to reach them. A queue of this process has a channel in shared
 * memory (channel_items.ts); one of another process is reached by messages (lib/remote/remote_queue.ts).
 *
 * @module
 */
import type { Handle } from "../shared/handle.ts";

/** In place of an item: there is none now. */
export const EMPTY: unique symbol = Symbol("empty");
/** In place of an item: there is none, and none will come. */
export const CLOSED: unique symbol = Symbol("closed");

/** How `select` waits for a source. */
export interface Arrivals {
  /** Waits until an item may be there, or none will come; takes nothing. */
  ready(signal: AbortSignal): Promise<void>;
  /** Wakes another consumer. */
  wakeNextConsumer(): void;
  /** A number that changes when something arrives or the source closes. */
  readonly arrivals: number;
}

/** The items of a queue. A `timeout` in milliseconds is checked. `call` is for the message of an error. */
export interface ItemSource extends Arrivals {
  /** Name of the class, for messages. */
  readonly name: string;
  readonly size: number;
  readonly maxSize: number;
  readonly closed: boolean;
  /** Puts an item; resolves to its ticket, or to `undefined` if the queue is closed. */
  put(call: string, item: unknown, timeout: number | undefined, signal?: AbortSignal): Promise<number | undefined>;
  /** Puts an item, and blocks this thread until it is put. */
  putSync(call: string, item: unknown, timeout: number | undefined): number | undefined;
  /** Puts an item if there is room now. */
  tryPut(call: string, item: unknown): "ok" | "full" | "closed";
  /** Takes the oldest item, or {@linkcode CLOSED}. */
  take(call: string, timeout: number | undefined, signal?: AbortSignal): Promise<unknown>;
  /** Takes the oldest item, and blocks this thread until there is one. */
  takeSync(call: string, timeout: number | undefined): unknown;
  /** Takes the oldest item if there is one now; else {@linkcode EMPTY} or {@linkcode CLOSED}. */
  tryTake(call: string): unknown;
  /** Returns the tickets of lost items, each once. */
  takeLost(call: string): number[];
  close(): void;
  /** Returns the handle of a queue of this kind. */
  handle(kind: string): Handle;
}

/** The items of a `JoinableQueue`. */
export interface JoinSource extends ItemSource {
  /** Number of items that were put and are neither done nor lost. */
  readonly unfinished: number;
  /** Reports that the oldest item of this consumer is done; `false` if all are. */
  taskDone(): boolean;
  /** Waits until every item is done. Throws an `ItemLostError` if some cannot be. */
  join(call: string, timeout: number | undefined, signal?: AbortSignal): Promise<void>;
  /** Waits in the same way, and blocks this thread. */
  joinSync(call: string, timeout: number | undefined): void;
}

/** Passed to the constructor of a queue: what it is built on. */
export class QueueOrigin {
  constructor(readonly source: JoinSource) {}
}
