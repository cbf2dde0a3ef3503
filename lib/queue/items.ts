/**
 * The calls of a queue on its channel: they check limits, and turn items into records and back.
 *
 * @module
 */
import { QueueClosedError } from "../core/queue_errors.ts";
import { integer, knownOptions } from "../core/validate.ts";
import { type BlockLimits, checkBlockLimits, checkLimits, type WaitLimits } from "../shared/waiting.ts";
import { Channel, type Item, UNLIMITED } from "./channel.ts";
import { Control } from "./control_layout.ts";
import { decodeValue, type Encoded, encodeOrRefuse } from "./codec.ts";
import { MAX_RECORD } from "./paged_log.ts";
import { lockHeld } from "../shared/run_now.ts";
import type { Selection } from "./select.ts";

/** What `tryGet` returns: the item, or that there is none now (`"empty"`) or ever again (`"closed"`). */
export type TryGetResult<T> = { state: "ok"; value: T } | { state: "empty" } | { state: "closed" };

/** A queue, as its calls see it. */
export interface ItemSource {
  readonly channel: Channel;
  /** Name of the class, for messages. */
  readonly name: string;
  /** Whether a thread acknowledges its items by asking for the next one, and not by `taskDone`. */
  readonly acknowledges: boolean;
}

/** Creates the channel of a new queue. */
export function newChannel(name: string, options: { maxSize?: number } | undefined): Channel {
  const call = `create ${name}`;
  knownOptions(call, options, ["maxSize"]);
  const { maxSize = Infinity } = options ?? {};
  return new Channel(maxSize === Infinity ? UNLIMITED : integer(call, "maxSize", maxSize, 1));
}

/** Puts an item; resolves to its ticket. */
export async function putItem({ channel, name }: ItemSource, item: unknown, limits?: WaitLimits): Promise<number> {
  const call = `put into ${name}`;
  const timeout = checkLimits(call, limits);
  limits?.signal?.throwIfAborted();
  return ticketOrThrow(call, await channel.put(call, encodeItem(call, item), timeout, limits?.signal), item);
}

/** Puts an item, and blocks this thread until it is put. */
export function putItemSync({ channel, name }: ItemSource, item: unknown, limits?: BlockLimits): number {
  const call = `put into ${name}`;
  const timeout = checkBlockLimits(call, limits);
  return ticketOrThrow(call, channel.putSync(call, encodeItem(call, item), timeout), item);
}

/** Puts an item if there is room now. */
export function tryPutItem({ channel, name }: ItemSource, item: unknown): "ok" | "full" | "closed" {
  const call = `put into ${name}`;
  const outcome = channel.tryPut(call, encodeItem(call, item));
  if (outcome === "busy") throw lockHeld(call);
  return outcome;
}

/** Takes the oldest item. */
export async function getItem<T>({ channel, name, acknowledges }: ItemSource, limits?: WaitLimits): Promise<T> {
  const call = `get from ${name}`;
  const timeout = checkLimits(call, limits);
  limits?.signal?.throwIfAborted();
  if (acknowledges) channel.deliveries.acknowledgeAll();
  return valueOrThrow<T>(call, await channel.take(call, timeout, limits?.signal));
}

/** Takes the oldest item, and blocks this thread until there is one. */
export function getItemSync<T>({ channel, name, acknowledges }: ItemSource, limits?: BlockLimits): T {
  const call = `get from ${name}`;
  const timeout = checkBlockLimits(call, limits);
  if (acknowledges) channel.deliveries.acknowledgeAll();
  return valueOrThrow<T>(call, channel.takeSync(call, timeout));
}

/** Takes the oldest item if there is one now. */
export function tryGetItem<T>({ channel, name, acknowledges }: ItemSource): TryGetResult<T> {
  if (acknowledges) channel.deliveries.acknowledgeAll();
  return toTryGetResult<T>(channel.tryTake(`get from ${name}`));
}

/** Takes items until the queue is closed and empty. */
export async function* allItems<T>({ channel, name, acknowledges }: ItemSource): AsyncGenerator<T, void, undefined> {
  const call = `get from ${name}`;
  for (;;) {
    if (acknowledges) channel.deliveries.acknowledgeAll();
    const item = await channel.take(call, undefined);
    if (item === undefined) return;
    yield decodeValue(item) as T;
  }
}

/** Decodes what `tryTake` of a channel returned. */
export function toTryGetResult<T>(item: Item | "empty" | "closed"): TryGetResult<T> {
  return typeof item === "string" ? { state: item } : { state: "ok", value: decodeValue(item) as T };
}

/** Lets `select` wait for a channel. */
export function selectionOf<T>(channel: Channel, tryGet: () => TryGetResult<T>): Selection<TryGetResult<T>> {
  return {
    take: () => {
      const result = tryGet();
      return result.state === "empty" ? undefined : result;
    },
    ready: (signal) => channel.ready("select", signal),
    passNotificationOn: () => channel.wakeNextConsumer(),
    arrivals: () => channel.control.load(Control.TAIL),
  };
}

function encodeItem(call: string, item: unknown): Encoded {
  const record = encodeOrRefuse(item, "item");
  if (record.bytes.length <= MAX_RECORD) return record;
  throw new RangeError(`Cannot ${call}: the item has ${record.bytes.length} bytes: it takes up to ${MAX_RECORD}`);
}

function ticketOrThrow(call: string, ticket: number | undefined, value: unknown): number {
  if (ticket !== undefined) return ticket;
  throw new QueueClosedError(`Cannot ${call}: it is closed`, { value });
}

function valueOrThrow<T>(call: string, item: Item | undefined): T {
  if (item === undefined) throw new QueueClosedError(`Cannot ${call}: it is closed and empty`);
  return decodeValue(item) as T;
}
