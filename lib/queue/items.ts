/**
 * The calls of a queue on its source: they check limits, and turn outcomes into errors.
 *
 * @module
 */
import { QueueClosedError } from "../core/object_errors.ts";
import { integer, isA, knownOptions } from "../core/validate.ts";
import { handleOfArrival } from "../shared/handle.ts";
import { type BlockLimits, checkBlockLimits, checkLimits, type WaitLimits } from "../shared/waiting.ts";
import { Channel, type ChannelMemory, UNLIMITED } from "./channel.ts";
import { ChannelItems } from "./channel_items.ts";
import { type Arrivals, CLOSED, EMPTY, type ItemSource, type JoinSource, QueueOrigin } from "./item_source.ts";
import type { Selection } from "./select.ts";

/** What `tryGet` returns: the item, or that there is none now (`"empty"`) or ever again (`"closed"`). */
export type TryGetResult<T> = { state: "ok"; value: T } | { state: "empty" } | { state: "closed" };

/**
 * Returns the source of a queue, given the argument of its constructor.
 *
 * @param acknowledges Whether a thread acknowledges its items by asking for the next one, and not by `taskDone`.
 */
export function sourceFor(name: string, acknowledges: boolean, options: { maxSize?: number } | undefined): JoinSource {
  if (isA(options, QueueOrigin)) return options.source;
  const handle = handleOfArrival(options);
  const channel = handle ? new Channel(handle.memory as ChannelMemory) : newChannel(name, options);
  return new ChannelItems(channel, name, acknowledges);
}

function newChannel(name: string, options: { maxSize?: number } | undefined): Channel {
  const call = `create ${name}`;
  knownOptions(call, options, ["maxSize"]);
  const { maxSize = Infinity } = options ?? {};
  return new Channel(maxSize === Infinity ? UNLIMITED : integer(call, "maxSize", maxSize, 1));
}

/** Puts an item; resolves to its ticket. */
export async function putItem(source: ItemSource, item: unknown, limits?: WaitLimits): Promise<number> {
  const call = `put into ${source.name}`;
  const timeout = checkLimits(call, limits);
  limits?.signal?.throwIfAborted();
  return ticketOrThrow(call, await source.put(call, item, timeout, limits?.signal), item);
}

/** Puts an item, and blocks this thread until it is put. */
export function putItemSync(source: ItemSource, item: unknown, limits?: BlockLimits): number {
  const call = `put into ${source.name}`;
  const timeout = checkBlockLimits(call, limits);
  return ticketOrThrow(call, source.putSync(call, item, timeout), item);
}

/** Puts an item if there is room now. */
export function tryPutItem(source: ItemSource, item: unknown): "ok" | "full" | "closed" {
  return source.tryPut(`put into ${source.name}`, item);
}

/** Takes the oldest item. */
export async function getItem<T>(source: ItemSource, limits?: WaitLimits): Promise<T> {
  const call = `get from ${source.name}`;
  const timeout = checkLimits(call, limits);
  limits?.signal?.throwIfAborted();
  return valueOrThrow<T>(call, await source.take(call, timeout, limits?.signal));
}

/** Takes the oldest item, and blocks this thread until there is one. */
export function getItemSync<T>(source: ItemSource, limits?: BlockLimits): T {
  const call = `get from ${source.name}`;
  const timeout = checkBlockLimits(call, limits);
  return valueOrThrow<T>(call, source.takeSync(call, timeout));
}

/** Takes the oldest item if there is one now. */
export function tryGetItem<T>(source: ItemSource): TryGetResult<T> {
  return toTryGetResult<T>(source.tryTake(`get from ${source.name}`));
}

/** Takes items until the queue is closed and empty. */
export async function* allItems<T>(source: ItemSource): AsyncGenerator<T, void, undefined> {
  const call = `get from ${source.name}`;
  for (;;) {
    const value = await source.take(call, undefined);
    if (value === CLOSED) return;
    yield value as T;
  }
}

/** Makes the result of `tryGet` of what a source returned. */
export function toTryGetResult<T>(value: unknown): TryGetResult<T> {
  return value === EMPTY || value === CLOSED
    ? { state: value === EMPTY ? "empty" : "closed" }
    : { state: "ok", value: value as T };
}

/** Lets `select` wait for a source. */
export function selectionOf<T>(source: Arrivals, tryGet: () => TryGetResult<T>): Selection<TryGetResult<T>> {
  return {
    take: () => {
      const result = tryGet();
      return result.state === "empty" ? undefined : result;
    },
    ready: (signal) => source.ready(signal),
    passNotificationOn: () => source.wakeNextConsumer(),
    arrivals: () => source.arrivals,
  };
}

function ticketOrThrow(call: string, ticket: number | undefined, value: unknown): number {
  if (ticket !== undefined) return ticket;
  throw new QueueClosedError(`Cannot ${call}: it is closed`, { value });
}

function valueOrThrow<T>(call: string, value: unknown): T {
  if (value === CLOSED) throw new QueueClosedError(`Cannot ${call}: it is closed and empty`);
  return value as T;
}
