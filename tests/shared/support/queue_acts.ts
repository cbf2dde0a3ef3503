/**
 * The acts (acts.ts) of producers and consumers of the random programs in tests/queue/random_test.ts.
 *
 * @module
 */
import {
  type Connection,
  JoinableQueue,
  type Queue,
  select,
  type SharedArray,
  type SharedEvent,
} from "@isopool/isopool";
import { turn } from "../../support/within.ts";

/** Ways to put, and ways to get. */
export type PutWay = "put" | "tryPut" | "putSync";
export type GetWay = "get" | "tryGet" | "getSync" | "select" | "loop";

/** A message: its producer, its number, and bytes that both determine; or the same as bytes alone. */
export type Message = Parts | Uint8Array;

interface Parts {
  from: number;
  n: number;
  bytes: Uint8Array;
}

const HEADER = 2;

function partsOf(message: Message): Parts {
  if (!(message instanceof Uint8Array)) return message;
  return { from: message[0], n: message[1], bytes: message.subarray(HEADER) };
}

/**
 * What all threads record about each message: its ticket plus 1 (-1 after `tryPut`, which returns no ticket), and how often
 * it has arrived.
 */
export interface Ledger {
  tickets: SharedArray<"i32">;
  got: SharedArray<"i32">;
  /** How many messages each producer puts. */
  each: number;
}

/** Makes the bytes of a message. */
export function bytesOf(from: number, n: number, size: number): Uint8Array {
  return new Uint8Array(size).fill(valueOf(from, n));
}

function valueOf(from: number, n: number): number {
  return (from * 31 + n + 1) & 255;
}

/** Records that a message has arrived; fails if it is wrong, or if a later message of its producer arrived before it. */
export function recordArrival(message: Message, { got, each }: Ledger, last: Map<number, number>): void {
  const { from, n, bytes } = partsOf(message);
  const wrong = bytes.findIndex((byte) => byte !== valueOf(from, n));
  if (wrong >= 0) throw new Error(`byte ${wrong} of message ${from}/${n} is ${bytes[wrong]}`);
  if (n <= (last.get(from) ?? -1)) throw new Error(`message ${from}/${n} comes after ${last.get(from)}`);
  last.set(from, n);
  got.add(from * each + n, 1);
}

const isClosed = (error: unknown) => (error as Error).name === "QueueClosedError";

/** Acts, by name. */
export const queueActs = {
  /** Puts messages of these sizes, in these ways in turn. */
  async putInWays(queue: Queue<Message>, from: number, sizes: number[], ways: PutWay[], ledger: Ledger): Promise<void> {
    const { tickets, each } = ledger;
    // As bytes, `from` and `n` must be less than 256.
    for (let n = 0; n < sizes.length; n++) {
      const bytes = bytesOf(from, n, sizes[n]);
      const message = n % 2 === 0 ? { from, n, bytes } : new Uint8Array([from, n, ...bytes]);
      const way = ways[n % ways.length];
      let ticket: number | undefined;
      if (way === "put") ticket = await queue.put(message);
      else if (way === "putSync") ticket = queue.putSync(message);
      else while (queue.tryPut(message) !== "ok") await turn();
      tickets.set(from * each + n, ticket === undefined ? -1 : ticket + 1);
    }
  },
  /** Takes messages, in these ways in turn, until the queue is closed. */
  async takeInWays(queue: Queue<Message>, other: Queue<Message>, ways: GetWay[], ledger: Ledger): Promise<void> {
    const last = new Map<number, number>();
    const took = (message: Message) => {
      recordArrival(message, ledger, last);
      if (queue instanceof JoinableQueue) queue.taskDone();
    };
    try {
      for (let i = 0;; i++) {
        const way = ways[i % ways.length];
        if (way === "get") took(await queue.get());
        else if (way === "getSync") took(queue.getSync());
        else if (way === "select") {
          const { result } = await select([other, queue]);
          if (result.state === "closed") return;
          if (result.state === "ok") took(result.value);
        } else if (way === "loop") {
          let left = 3;
          for await (const message of queue) {
            took(message);
            if (--left === 0) break;
          }
          if (left > 0) return;
        } else {
          const got = queue.tryGet();
          if (got.state === "closed") return;
          if (got.state === "ok") took(got.value);
          else await turn();
        }
      }
    } catch (error) {
      if (!isClosed(error)) throw error;
    }
  },
  /** Waits for `start`, takes `count` items, and sets `done`. */
  async getSome(queue: Queue<unknown>, count: number, start: SharedEvent, done: SharedEvent): Promise<void> {
    await start.wait();
    for (let i = 0; i < count; i++) await queue.get();
    done.set();
  },
  /** Waits for `start`, puts the items, and sets `done`. */
  async putSome(queue: Queue<unknown>, items: unknown[], start: SharedEvent, done: SharedEvent): Promise<void> {
    await start.wait();
    for (const item of items) queue.putSync(item);
    done.set();
  },
  /** Sends these, and closes. */
  async sendAll(connection: Connection<unknown>, messages: unknown[]): Promise<void> {
    for (const message of messages) await connection.send(message);
    connection.close();
  },
  /** Waits until there is something to receive, takes nothing, and gives the connection back. */
  async pollOne(connection: Connection<unknown>): Promise<Connection<unknown>> {
    while (!connection.poll()) await turn();
    return connection;
  },
  /** Takes `count` items, does not acknowledge them, and ends its thread. */
  async keepSome(queue: Queue<unknown>, count: number): Promise<void> {
    for (let i = 0; i < count; i++) await queue.get();
    Deno.exit(0);
  },
};
