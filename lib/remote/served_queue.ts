/**
 * A queue of this process, as a worker process uses it: what the worker takes is delivered to the worker, and lost with it.
 *
 * @module
 */
import { Channel, type ChannelMemory } from "../queue/channel.ts";
import { ChannelItems } from "../queue/channel_items.ts";
import { CLOSED, EMPTY } from "../queue/item_source.ts";
import type { Handle } from "../shared/handle.ts";
import type { OwnerTable } from "../shared/owner_table.ts";
import { callMethod, type Method, type Served, timeoutOf } from "./served.ts";

const JOIN = "join JoinableQueue";

const METHODS: ReadonlyMap<string, Method<ChannelItems>> = new Map<string, Method<ChannelItems>>([
  ["put", (items, [item, timeout], signal) => {
    const call = `put into ${items.name}`;
    return items.put(call, item, timeoutOf(call, timeout), signal);
  }],
  ["tryPut", (items, [item]) => items.tryPut(`put into ${items.name}`, item)],
  ["take", async (items, [timeout], signal) => {
    const call = `get from ${items.name}`;
    return taken(await items.take(call, timeoutOf(call, timeout), signal));
  }],
  ["tryTake", (items) => taken(items.tryTake(`get from ${items.name}`))],
  ["takeLost", (items) => items.takeLost(`take lost items of ${items.name}`)],
  ["size", (items) => items.size],
  ["closed", (items) => items.closed],
  ["close", (items) => items.close()],
  ["ready", (items, _, signal) => items.ready(signal)],
  ["wakeNextConsumer", (items) => items.wakeNextConsumer()],
  ["arrivals", (items) => items.arrivals],
  ["unfinished", (items) => items.unfinished],
  ["taskDone", (items) => items.taskDone()],
  ["join", (items, [timeout], signal) => items.join(JOIN, timeoutOf(JOIN, timeout), signal)],
]);

/** A queue that a worker was given. */
export class ServedQueue implements Served {
  readonly #handle: Handle;
  readonly #items: ChannelItems;

  /** @param ownersFor Returns the table of threads as the worker sees it. */
  constructor(handle: Handle, ownersFor: (table: SharedArrayBuffer) => OwnerTable) {
    this.#handle = handle;
    const memory = handle.memory as ChannelMemory;
    const isJoinable = handle.kind === "joinable_queue";
    const channel = new Channel(memory, ownersFor(memory.owners));
    this.#items = new ChannelItems(channel, isJoinable ? "JoinableQueue" : "Queue", !isJoinable);
  }

  /** {@inheritDoc Served.refer} */
  refer(): Record<string, unknown> {
    return { of: this.#handle.kind, maxSize: this.#items.maxSize };
  }

  /** {@inheritDoc Served.resolve} */
  resolve(): Handle {
    return this.#handle;
  }

  /** {@inheritDoc Served.call} */
  call(method: string, args: readonly unknown[], signal: AbortSignal): unknown {
    return callMethod(METHODS, this.#items, method, args, signal);
  }

  /** {@inheritDoc Served.close} */
  close(): void {
    // What the worker has taken and not acknowledged stays delivered to it.
  }
}

/** Converts what a take has returned to the reply that the worker receives. */
export function taken(value: unknown): readonly [state: string, value?: unknown] {
  return value === CLOSED ? ["closed"] : value === EMPTY ? ["empty"] : ["ok", value];
}
