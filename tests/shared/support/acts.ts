/**
 * The acts of the test threads of shared memory, by name. An act is a function that a test asks a `TestThread` to run.
 *
 * @module
 */
import type {
  Connection,
  Counter,
  Guard,
  JoinableQueue,
  Lock,
  Queue,
  SharedArray,
  SharedEvent,
} from "@isopool/isopool";
import { deathActs } from "./death_acts.ts";
import { queueActs } from "./queue_acts.ts";
import { nameOf } from "../../support/name_of.ts";

/** How a thread ends while it holds something. */
export type Ending = "exit" | "throw" | "spin" | "stay";

const retained: Guard[] = [];

function end(how: Ending): void | Promise<never> {
  if (how === "exit") Deno.exit(0);
  // Thrown outside the act, so that the thread does not catch it.
  if (how === "throw") setTimeout(() => Promise.reject(new Error("on purpose")), 0);
  while (how === "spin");
  return new Promise<never>(() => {});
}

/** The acts, by name. */
export const acts = {
  ...queueActs,
  ...deathActs,
  /** Takes the lock, sets `held`, and ends without a release. */
  async holdAndEnd(lock: { acquire(): Promise<Guard> }, held: SharedEvent, how: Ending): Promise<void> {
    // Retained, so that only the end of the thread can give the lock up.
    retained.push(await lock.acquire());
    held.set();
    await end(how);
  },
  acquireSync(lock: Lock, waiting: SharedEvent, options?: { timeout?: number; recover?: boolean }): Promise<string> {
    return nameOf(() => {
      waiting.set();
      using guard = lock.acquireSync(options);
      if (guard.recovered) throw Object.assign(new Error(), { name: "recovered" });
    });
  },
  waitSync(event: SharedEvent, waiting: Counter): Promise<string> {
    return nameOf(() => {
      waiting.add();
      event.waitSync();
    });
  },
  /** Puts `count` items into a queue, and notes the ticket of each. */
  putItems(queue: Queue<number | number[]>, tickets: SharedArray<"i32">, from: number, count: number): void {
    for (let n = from; n < from + count; n++) tickets.set(n, queue.putSync(n % 5 === 0 ? [n] : n));
  },
  /** Takes items until the queue is closed, and counts each. Fails if items of one producer change places. */
  async getItems(
    queue: Queue<number | number[]>,
    counts: SharedArray<"i32">,
    each: number,
    sync: boolean,
  ): Promise<void> {
    const last = new Map<number, number>();
    const see = (item: number | number[]) => {
      const n = typeof item === "number" ? item : item[0];
      const producer = Math.floor(n / each);
      if (n <= (last.get(producer) ?? -1)) throw new Error("items of one producer changed places");
      last.set(producer, n);
      counts.add(n, 1);
    };
    if (!sync) { for await (const item of queue) see(item); }
    try {
      for (;;) see(queue.getSync());
    } catch (error) {
      if ((error as Error).name !== "QueueClosedError") throw error;
    }
  },
  /** Takes an item, and ends without an acknowledgement. */
  async getOne(queue: Queue<unknown>, held: SharedEvent, how: Ending): Promise<void> {
    await queue.get();
    held.set();
    await end(how);
  },
  async workThrough(queue: JoinableQueue<number>, counter: Counter): Promise<void> {
    for await (const _ of queue) {
      counter.add();
      queue.taskDone();
    }
  },
  /** Sends each message back until the other end is gone. */
  async echo(connection: Connection<unknown>): Promise<void> {
    for await (const message of connection) await connection.send(message);
  },
  async recvOne(connection: Connection<unknown>, held: SharedEvent, how: Ending): Promise<void> {
    await connection.recv();
    await connection.send("last words");
    held.set();
    await end(how);
  },
};

/** The name of an act. */
export type Act = keyof typeof acts;
