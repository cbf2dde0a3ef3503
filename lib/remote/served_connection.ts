/**
 * `ServedConnection`: an end of a pipe of the host, sent to a worker process. The worker holds it until the worker closes
 * it or ends.
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";
import { QueueClosedError } from "../core/object_errors.ts";
import { ChannelEnd, type ConnectionMemory } from "../queue/channel_end.ts";
import type { Handle } from "../shared/handle.ts";
import type { OwnerTable } from "../shared/owner_table.ts";
import { callMethod, type Method, type Served, timeoutOf } from "./served.ts";
import { taken } from "./served_queue.ts";

const SEND = "send through Connection";
const RECV = "receive from Connection";

const METHODS: ReadonlyMap<string, Method<ChannelEnd>> = new Map<string, Method<ChannelEnd>>([
  ["send", (end, [message, timeout], signal) => end.send(SEND, message, timeoutOf(SEND, timeout), signal)],
  ["take", async (end, [timeout], signal) => taken(await end.take(RECV, timeoutOf(RECV, timeout), signal))],
  ["tryTake", (end) => taken(end.tryTake(RECV))],
  ["poll", (end) => end.poll("poll Connection")],
  ["ready", (end, _, signal) => end.arrivals(RECV).ready(signal)],
  ["wakeNextConsumer", (end) => end.arrivals(RECV).wakeNextConsumer()],
  ["arrivals", (end) => end.arrivals(RECV).arrivals],
  ["close", (end) => end.close()],
]);

/** An end that a worker was given. */
export class ServedConnection implements Served {
  readonly #handle: Handle;
  readonly #ownersFor: (table: SharedArrayBuffer) => OwnerTable;
  // `undefined` while the end is in transit: until the worker sends `arrive`.
  #end: ChannelEnd | undefined;

  /** @param ownersFor Returns the table of threads with the worker in place of this thread: the worker holds the end. */
  constructor(handle: Handle, ownersFor: (table: SharedArrayBuffer) => OwnerTable) {
    this.#handle = handle;
    this.#ownersFor = ownersFor;
  }

  /** {@inheritDoc Served.refer} */
  refer(): Record<string, unknown> {
    return { of: this.#handle.kind };
  }

  /** {@inheritDoc Served.resolve} */
  resolve(): Handle {
    // Otherwise a worker could take back an end that it has sent before.
    if (!this.#end?.open) {
      throw new QueueClosedError("Cannot receive Connection: the worker has closed this end, or has sent it before");
    }
    return this.#end.handle(this.#handle.kind);
  }

  /** {@inheritDoc Served.call} */
  call(method: string, args: readonly unknown[], signal: AbortSignal): unknown {
    if (method === "arrive") return this.#arrive();
    if (this.#end === undefined) throw new IsopoolError("Cannot use Connection: it has not arrived");
    return callMethod(METHODS, this.#end, method, args, signal);
  }

  /** {@inheritDoc Served.close} */
  close(): void {
    // The worker holds the end until it ends, as a thread does.
  }

  #arrive(): void {
    const memory = this.#handle.parts as ConnectionMemory;
    const { owners } = (memory.inbox ?? memory.outbox)!;
    this.#end ??= new ChannelEnd(memory, this.#ownersFor(owners));
  }
}
