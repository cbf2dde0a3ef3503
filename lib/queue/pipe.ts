/**
 * Pipes: two ends, each in the hands of one thread.
 *
 * Which of them is still there: steps/ends.ts. Who waits at one end looks at the other every 50 ms.
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";
import { QueueClosedError } from "../core/queue_errors.ts";
import { bad, knownOptions } from "../core/validate.ts";
import { Arrival, BRAND, type Handle, handleOfArrival, registerKind, Shared, VERSION } from "../shared/handle.ts";
import { newMemory, SharedWords } from "../shared/memory.ts";
import { Result } from "../shared/steps/step.ts";
import { type BlockLimits, checkBlock, checkLimits, runThrough, type WaitLimits } from "../shared/waiting.ts";
import { Channel, type ChannelMemory, type Item, UNLIMITED } from "./channel.ts";
import { decodeValue, encodeValue } from "./codec.ts";
import type { TryGetResult } from "./queue.ts";
import { SELECT, type Selectable, type Selection } from "./select.ts";
import { arrive, End, leave, look, send } from "./steps/ends.ts";

const KIND = "connection";
const SEND = "send through Connection";
const RECV = "receive from Connection";

/** Options of {@linkcode Pipe}. */
export interface PipeOptions {
  /**
   * Whether both ends can send and receive. Else the first receives and the second sends.
   *
   * @default true
   */
  duplex?: boolean;
}

interface Parts {
  readonly ends: SharedArrayBuffer;
  readonly side: number;
  readonly inbox: ChannelMemory | undefined;
  readonly outbox: ChannelMemory | undefined;
}

/**
 * One end of a {@linkcode Pipe}. It can be an argument of a task, or sent in any message: then it belongs to the thread
 * where it arrived, and the one that sent it can no longer use it.
 *
 * Messages are any structured-cloneable values, in order, one `recv` for each `send`. When the other end is closed, or
 * the thread that holds it dies, what it has sent can still be received; then `recv` fails with a
 * {@linkcode QueueClosedError}, and `for await` ends.
 *
 * @typeParam T What is sent and received.
 *
 * @example Question and answer
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Pipe } from "@isopool/isopool";
 *
 * const [here, there] = Pipe<string>();
 * await here.send("ping");
 * assertEquals([there.poll(), await there.recv(), there.poll()], [true, "ping", false]);
 * here.close();
 * ```
 */
export class Connection<T> extends Shared implements AsyncIterable<T>, Selectable<TryGetResult<T>>, Disposable {
  readonly #parts: Parts;
  readonly #inbox: Channel | undefined;
  readonly #outbox: Channel | undefined;
  readonly #end: SharedWords;
  readonly #other: SharedWords;

  /** @ignore */
  constructor(arrival: unknown) {
    super();
    const handle = handleOfArrival(arrival);
    if (!handle) throw new TypeError("Cannot create Connection: call Pipe(), which gives two");
    const parts = handle.parts as Parts;
    this.#parts = parts;
    this.#inbox = parts.inbox && new Channel(parts.inbox);
    this.#outbox = parts.outbox && new Channel(parts.outbox);
    const { owners } = (this.#inbox ?? this.#outbox)!;
    const end = (side: number) => new SharedWords(parts.ends, owners, side * End.SIZE, End.SIZE);
    this.#end = end(parts.side);
    this.#other = end(1 - parts.side);
    for (const each of [this.#inbox, this.#outbox]) if (each) each.watch = () => this.#checkOther();
    runThrough(this.#end, arrive);
  }

  /** Whether this thread holds this end, and it is open. */
  get open(): boolean {
    return this.#end.load(End.HOLDER) === this.#end.owners.me;
  }

  /**
   * Sends a message. There is always room, up to 1 GiB that nobody has received.
   *
   * The promise rejects with a {@linkcode QueueClosedError} if the other end is gone, a {@linkcode WaitTimeoutError}, the
   * signal's reason, or a `DataCloneError`.
   */
  async send(message: T, limits?: WaitLimits): Promise<void> {
    const timeout = checkLimits(SEND, limits);
    limits?.signal?.throwIfAborted();
    const outbox = this.#direction(SEND, this.#outbox);
    this.#sent(await outbox.put(SEND, encodeValue(message), timeout, limits?.signal), message);
  }

  /**
   * Sends a message, and blocks this thread until it is sent.
   *
   * @throws {QueueClosedError} If the other end is gone.
   * @throws {TypeError} On the main thread, without a `timeout`.
   */
  sendSync(message: T, limits?: BlockLimits): void {
    const timeout = checkBlock(SEND, limits);
    this.#sent(this.#direction(SEND, this.#outbox).putSync(SEND, encodeValue(message), timeout), message);
  }

  /**
   * Receives the next message.
   *
   * The promise rejects with a {@linkcode QueueClosedError} at the end of the stream, a {@linkcode WaitTimeoutError}, or
   * the signal's reason.
   */
  async recv(limits?: WaitLimits): Promise<T> {
    const timeout = checkLimits(RECV, limits);
    limits?.signal?.throwIfAborted();
    return this.#received(await this.#direction(RECV, this.#inbox).take(RECV, timeout, limits?.signal));
  }

  /**
   * Receives the next message, and blocks this thread until it comes.
   *
   * @throws {QueueClosedError} At the end of the stream.
   * @throws {WaitTimeoutError} If `timeout` passes first.
   * @throws {TypeError} On the main thread, without a `timeout`.
   */
  recvSync(limits?: BlockLimits): T {
    const timeout = checkBlock(RECV, limits);
    return this.#received(this.#direction(RECV, this.#inbox).takeSync(RECV, timeout));
  }

  /** Whether `recv` would not wait: there is a message, or the stream has ended. */
  poll(): boolean {
    const inbox = this.#direction("poll Connection", this.#inbox);
    return inbox.size > 0 || inbox.closed;
  }

  /** Closes this end, if this thread still holds it. */
  close(): void {
    if (runThrough(this.#end, leave).result === Result.CLOSED) this.#closeBoth();
  }

  /** Closes this end. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Receives messages until the other end is gone. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const item = await this.#direction(RECV, this.#inbox).take(RECV, undefined);
      if (item === undefined) return;
      yield decodeValue(item) as T;
    }
  }

  /** @ignore */
  [SELECT](): Selection<TryGetResult<T>> {
    const inbox = this.#direction(RECV, this.#inbox);
    return {
      take: () => {
        const item = inbox.tryTake(RECV);
        if (item === "empty") return undefined;
        return item === "closed" ? { state: item } : { state: "ok", value: decodeValue(item) as T };
      },
      ready: (signal) => inbox.ready("select", signal),
      passOn: () => inbox.passOn(),
    };
  }

  /** Shows its state. */
  toString(): string {
    return `Connection(${this.open ? "open" : "closed"})`;
  }

  /** @ignore */
  [BRAND](): Handle {
    send(this.#end);
    return { kind: KIND, version: VERSION, parts: this.#parts };
  }

  #direction(call: string, channel: Channel | undefined): Channel {
    if (channel === undefined) {
      throw new IsopoolError(`Cannot ${call}: this end of a one-way pipe ${this.#inbox ? "receives" : "sends"} only`);
    }
    if (!this.open) throw new QueueClosedError(`Cannot ${call}: this end is closed, or was sent to another thread`);
    this.#checkOther();
    return channel;
  }

  // A dead end closes nothing itself.
  #checkOther(): void {
    if (runThrough(this.#other, look).result === Result.CLOSED) this.#closeBoth();
  }

  #closeBoth(): void {
    for (const each of [this.#inbox, this.#outbox]) if (each && !each.closed) each.close();
  }

  #sent(ticket: number | undefined, value: T): void {
    if (ticket === undefined) throw new QueueClosedError(`Cannot ${SEND}: the other end is closed`, { value });
  }

  #received(item: Item | undefined): T {
    if (item === undefined) throw new QueueClosedError(`Cannot ${RECV}: the other end is closed`);
    return decodeValue(item) as T;
  }
}

/**
 * Makes a pipe: two ends that are connected (`multiprocessing.Pipe`).
 *
 * @example One way
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Pipe } from "@isopool/isopool";
 *
 * const [reader, writer] = Pipe<number>({ duplex: false });
 * await writer.send(1);
 * writer.close();
 * assertEquals(await Array.fromAsync(reader), [1]);
 * ```
 */
export function Pipe<T = unknown>(options?: PipeOptions): [Connection<T>, Connection<T>] {
  knownOptions("create Pipe", options, ["duplex"]);
  const { duplex = true } = options ?? {};
  if (typeof duplex !== "boolean") throw bad("create Pipe", "duplex", duplex, "true or false", false);
  const ends = newMemory(2 * End.SIZE);
  const there = new Channel(UNLIMITED).memory;
  const back = duplex ? new Channel(UNLIMITED).memory : undefined;
  const end = (parts: Parts) => new Connection<T>(new Arrival({ kind: KIND, version: VERSION, parts }));
  const first = end({ ends, side: 0, inbox: there, outbox: back });
  return [first, end({ ends, side: 1, inbox: back, outbox: there })];
}

registerKind(KIND, Connection);
