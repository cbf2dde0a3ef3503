/**
 * `Connection`: one end of a pipe. steps/ends.ts decides whether an end still exists; a call that waits at one end checks
 * the other every 50 ms.
 *
 * @module
 */
import { corruptMemory } from "../core/corrupt_memory.ts";
import { IsopoolError } from "../core/errors.ts";
import { QueueClosedError } from "../core/queue_errors.ts";
import { BRAND, type Handle, handleOfArrival, registerKind, Shared, VERSION } from "../shared/handle.ts";
import { SharedWords } from "../shared/memory.ts";
import { Result } from "../shared/steps/step.ts";
import { type BlockLimits, checkBlockLimits, checkLimits, runToEnd, type WaitLimits } from "../shared/waiting.ts";
import { Channel, type ChannelMemory, type Item } from "./channel.ts";
import { decodeValue, encodeOrRefuse } from "./codec.ts";
import { selectionOf, toTryGetResult, type TryGetResult } from "./items.ts";
import { SELECT, type Selectable, type Selection } from "./select.ts";
import { arrive, End, leave, look, send } from "./steps/ends.ts";

/** Kind of the handle of a connection. */
export const KIND = "connection";
const SEND = "send through Connection";
const RECV = "receive from Connection";

/** The shared memory of an end of a pipe. */
export interface ConnectionMemory {
  readonly ends: SharedArrayBuffer;
  readonly side: number;
  readonly inbox: ChannelMemory | undefined;
  readonly outbox: ChannelMemory | undefined;
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
  readonly #memory: ConnectionMemory;
  readonly #inbox: Channel | undefined;
  readonly #outbox: Channel | undefined;
  readonly #end: SharedWords;
  readonly #otherEnd: SharedWords;

  /** @ignore */
  constructor(arrival: unknown) {
    super();
    const handle = handleOfArrival(arrival);
    if (!handle) throw new TypeError("Cannot create Connection: call Pipe(), which returns two");
    const memory = checkMemory(handle.parts as ConnectionMemory);
    this.#memory = memory;
    this.#inbox = memory.inbox && new Channel(memory.inbox);
    this.#outbox = memory.outbox && new Channel(memory.outbox);
    const { owners } = (this.#inbox ?? this.#outbox)!;
    const end = (side: number) => new SharedWords(memory.ends, owners, side * End.SIZE, End.SIZE);
    this.#end = end(memory.side);
    this.#otherEnd = end(1 - memory.side);
    for (const each of [this.#inbox, this.#outbox]) if (each) each.onWait = () => this.#checkOtherEnd();
    runToEnd("open Connection", this.#end, arrive);
  }

  /** Whether this thread holds this end, and the end is open. */
  get open(): boolean {
    return this.#end.load(End.HOLDER) === this.#end.owners.me;
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
    const outbox = this.#channel(SEND, this.#outbox);
    this.#checkSent(await outbox.put(SEND, encodeOrRefuse(message, "message"), timeout, limits?.signal), message);
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
    this.#checkSent(
      this.#channel(SEND, this.#outbox).putSync(SEND, encodeOrRefuse(message, "message"), timeout),
      message,
    );
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
    return this.#received(await this.#channel(RECV, this.#inbox).take(RECV, timeout, limits?.signal));
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
    return this.#received(this.#channel(RECV, this.#inbox).takeSync(RECV, timeout));
  }

  /**
   * Tells whether `recv` would return or fail at once: a message is there, or none will come.
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
    const inbox = this.#channel("poll Connection", this.#inbox);
    return inbox.size > 0 || inbox.closed;
  }

  /** Closes this end, if this thread still holds it. `using` does so too. */
  close(): void {
    if (runToEnd("close Connection", this.#end, leave).result === Result.CLOSED) this.#closeBoth();
  }

  /** Closes this end. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Receives messages until the other end is gone. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const item = await this.#channel(RECV, this.#inbox).take(RECV, undefined);
      if (item === undefined) return;
      yield decodeValue(item) as T;
    }
  }

  /** @ignore */
  [SELECT](): Selection<TryGetResult<T>> {
    const inbox = this.#channel(RECV, this.#inbox);
    return selectionOf(inbox, () => toTryGetResult<T>(inbox.tryTake(RECV)));
  }

  /** Returns a text with the state. */
  toString(): string {
    return `Connection(${this.open ? "open" : "closed"})`;
  }

  /** @ignore */
  [BRAND](): Handle {
    send(this.#end);
    return { kind: KIND, version: VERSION, parts: this.#memory };
  }

  #channel(call: string, channel: Channel | undefined): Channel {
    if (channel === undefined) {
      throw new IsopoolError(`Cannot ${call}: this end of a one-way pipe ${this.#inbox ? "receives" : "sends"} only`);
    }
    if (!this.open) throw new QueueClosedError(`Cannot ${call}: this end is closed, or was sent to another thread`);
    this.#checkOtherEnd();
    return channel;
  }

  // An end whose thread has died closes nothing itself, so this end does.
  #checkOtherEnd(): void {
    if (runToEnd("check Connection", this.#otherEnd, look).result === Result.CLOSED) this.#closeBoth();
  }

  #closeBoth(): void {
    for (const each of [this.#inbox, this.#outbox]) if (each && !each.closed) each.close();
  }

  #checkSent(ticket: number | undefined, value: T): void {
    if (ticket === undefined) throw new QueueClosedError(`Cannot ${SEND}: the other end is closed`, { value });
  }

  #received(item: Item | undefined): T {
    if (item === undefined) throw new QueueClosedError(`Cannot ${RECV}: the other end is closed`);
    return decodeValue(item) as T;
  }
}

// Checks the memory of an end that has arrived: any code can write a handle.
function checkMemory(memory: ConnectionMemory): ConnectionMemory {
  const { ends, side, inbox, outbox }: Partial<ConnectionMemory> = memory ?? {};
  const isEnd = ends instanceof SharedArrayBuffer && ends.byteLength === 2 * End.SIZE * 4;
  if (!isEnd || (side !== 0 && side !== 1) || (inbox ?? outbox) === undefined) {
    throw corruptMemory("receive Connection");
  }
  return memory;
}

registerKind(KIND, Connection);
