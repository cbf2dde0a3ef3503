/**
 * `Connection`: one end of a pipe, as its holder uses it.
 *
 * @module
 */
import { QueueClosedError } from "../core/object_errors.ts";
import { isA, refusal } from "../core/validate.ts";
import { BRAND, type Handle, handleOfArrival, registerKind, Shared } from "../shared/handle.ts";
import { type BlockLimits, checkBlockLimits, checkLimits, type WaitLimits } from "../shared/waiting.ts";
import { ChannelEnd, type ConnectionMemory } from "./channel_end.ts";
import { CLOSED } from "./item_source.ts";
import { selectionOf, toTryGetResult, type TryGetResult } from "./items.ts";
import type { PipeEnd } from "./pipe_end.ts";
import { SELECT, type Selectable, type Selection } from "./select.ts";

/** Kind of the handle of a connection. */
export const KIND = "connection";
const SEND = "send through Connection";
const RECV = "receive from Connection";

/** Passed to the constructor of a connection: what it is built on. */
export class ConnectionOrigin {
  constructor(readonly end: PipeEnd) {}
}

/**
 * One end of a {@linkcode Pipe}. It can be an argument of a task, or sent in any message: then it belongs to the thread
 * where it arrives, and the thread that sent it can no longer use it.
 *
 * Messages are structured-cloneable values, in order, one `recv` for each `send`. When the other end is closed, or its
 * thread dies, what it has sent can still be received; then `recv` fails with a {@linkcode QueueClosedError}, and
 * `for await` ends. Only the death of a pool's threads is noticed.
 *
 * **Memory ordering.** What a thread wrote to shared memory before `send` is visible after the `recv` of that message.
 *
 * **Cost.** That of one {@linkcode Queue} for each direction. Use a queue if more than two threads send or receive.
 *
 * @typeParam T Type of the messages.
 */
export class Connection<T> extends Shared implements AsyncIterable<T>, Selectable<TryGetResult<T>>, Disposable {
  readonly #end: PipeEnd;

  /** @ignore */
  constructor(origin: unknown) {
    super();
    const handle = handleOfArrival(origin);
    if (handle) this.#end = new ChannelEnd(handle.parts as ConnectionMemory);
    else if (isA(origin, ConnectionOrigin)) this.#end = origin.end;
    else throw refusal("Cannot create Connection: call Pipe(), which returns two");
  }

  /** Whether this thread holds this end, and the end is open. */
  get open(): boolean {
    return this.#end.open;
  }

  /**
   * Sends a message. It waits only if 1 GiB of messages is unread. Rejects with a {@linkcode QueueClosedError} if the other
   * end is gone, a {@linkcode WaitTimeoutError}, the signal's reason, or a
   * {@linkcode TransferError} if the message cannot be copied.
   *
   * @example Ask and answer
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Pipe } from "@isopool/isopool";
   * const [client, server] = Pipe<string>();
   * await client.send("ping");
   * assertEquals(await server.recv(), "ping");
   * ```
   */
  async send(message: T, limits?: WaitLimits): Promise<void> {
    const timeout = checkLimits(SEND, limits);
    limits?.signal?.throwIfAborted();
    this.#checkSent(await this.#end.send(SEND, message, timeout, limits?.signal), message);
  }

  /**
   * Sends a message, and blocks this thread until it is sent.
   *
   * @throws {QueueClosedError} If the other end is gone.
   * @throws {TypeError} On the main thread, without a `timeout`.
   *
   * @example Send from a function that is not async
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Pipe } from "@isopool/isopool";
   * const [here, there] = Pipe<string>();
   * here.sendSync("line", { timeout: 1_000 });
   * assertEquals(await there.recv(), "line");
   * ```
   */
  sendSync(message: T, limits?: BlockLimits): void {
    const timeout = checkBlockLimits(SEND, limits);
    this.#checkSent(this.#end.sendSync(SEND, message, timeout), message);
  }

  /**
   * Receives the next message. Rejects with a {@linkcode QueueClosedError} if the other end is gone and all messages were
   * received, a {@linkcode WaitTimeoutError}, or the signal's reason.
   *
   * @example Notice that the other end is closed
   * ```ts
   * import { assertRejects } from "@std/assert";
   * import { Pipe, QueueClosedError } from "@isopool/isopool";
   * const [here, there] = Pipe<string>();
   * there.close();
   * await assertRejects(() => here.recv(), QueueClosedError);
   * ```
   */
  async recv(limits?: WaitLimits): Promise<T> {
    const timeout = checkLimits(RECV, limits);
    limits?.signal?.throwIfAborted();
    return this.#received(await this.#end.take(RECV, timeout, limits?.signal));
  }

  /**
   * Receives the next message, and blocks this thread until it arrives.
   *
   * @throws {QueueClosedError} If the other end is gone and all messages were received.
   * @throws {WaitTimeoutError} If `timeout` passes first.
   * @throws {TypeError} On the main thread, without a `timeout`.
   *
   * @example Receive in a function that is not async
   * ```ts
   * import { assertThrows } from "@std/assert";
   * import { Pipe, WaitTimeoutError } from "@isopool/isopool";
   * const [here, _there] = Pipe<string>();
   * assertThrows(() => here.recvSync({ timeout: 1 }), WaitTimeoutError);
   * ```
   */
  recvSync(limits?: BlockLimits): T {
    const timeout = checkBlockLimits(RECV, limits);
    return this.#received(this.#end.takeSync(RECV, timeout));
  }

  /**
   * Returns whether `recv` would return or fail at once: a message is there, or none will come.
   *
   * @example Look before receiving
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Pipe } from "@isopool/isopool";
   * const [here, there] = Pipe<string>();
   * await there.send("ping");
   * assertEquals([here.poll(), there.poll()], [true, false]);
   * ```
   */
  poll(): boolean {
    return this.#end.poll("poll Connection");
  }

  /** Closes this end, if this thread still holds it. `using` does so too. */
  close(): void {
    this.#end.close();
  }

  /** Closes this end. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Receives messages until the other end is gone. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const message = await this.#end.take(RECV, undefined);
      if (message === CLOSED) return;
      yield message as T;
    }
  }

  /** @ignore */
  [SELECT](): Selection<TryGetResult<T>> {
    return selectionOf(this.#end.arrivals(RECV), () => toTryGetResult<T>(this.#end.tryTake(RECV)));
  }

  /** Returns a text with the state. */
  toString(): string {
    return `Connection(${this.open ? "open" : "closed"})`;
  }

  /** @ignore */
  [BRAND](): Handle {
    return this.#end.handle(KIND);
  }

  #checkSent(isSent: boolean, value: T): void {
    if (!isSent) throw new QueueClosedError(`Cannot ${SEND}: the other end is closed`, { value });
  }

  #received(message: unknown): T {
    if (message === CLOSED) throw new QueueClosedError(`Cannot ${RECV}: the other end is closed`);
    return message as T;
  }
}

registerKind(KIND, Connection);
