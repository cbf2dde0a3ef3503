/**
 * What threads do in the tests of shared memory, by name.
 *
 * @module
 */
import type {
  Barrier,
  BoundedSemaphore,
  Condition,
  Connection,
  Counter,
  Guard,
  JoinableQueue,
  Lock,
  Queue,
  Semaphore,
  SharedArray,
  SharedEvent,
  Value,
} from "@isopool/isopool";
import { Ring } from "../../../lib/shared/ring.ts";
import { queueActs } from "./queue_acts.ts";

/** How a thread ends in the middle of something. */
export type Ending = "exit" | "throw" | "spin" | "stay";

const kept: Guard[] = [];

function end(how: Ending): void | Promise<never> {
  if (how === "exit") Deno.exit(0);
  // Not caught by who runs the act.
  if (how === "throw") setTimeout(() => Promise.reject(new Error("on purpose")), 0);
  while (how === "spin");
  return new Promise<never>(() => {});
}

async function nameOfError(work: () => unknown): Promise<string> {
  try {
    await work();
    return "ok";
  } catch (error) {
    return (error as Error).name;
  }
}

/** What a record of the ring tests says: who made it and which it is, and then as much as its number says. */
export function recordOf(producer: number, number: number): Uint8Array {
  const record = new Uint8Array(8 + (number * 7) % 90).fill(number & 0xff);
  new DataView(record.buffer).setUint32(0, producer);
  new DataView(record.buffer).setUint32(4, number);
  return record;
}

/** Reads one, and checks that it is whole. */
export function readRecord(record: Uint8Array): [producer: number, number: number] {
  const view = new DataView(record.buffer, record.byteOffset);
  const [producer, number] = [view.getUint32(0), view.getUint32(4)];
  const whole = recordOf(producer, number);
  if (whole.length !== record.length || whole.some((byte, i) => byte !== record[i])) throw new Error("a torn record");
  return [producer, number];
}

/** The acts. */
export const acts = {
  ...queueActs,
  count(counter: Counter, times: number): void {
    for (let i = 0; i < times; i++) counter.add();
  },
  addToValue(value: Value<"f64">, times: number): void {
    for (let i = 0; i < times; i++) value.update((n) => n + 0.5);
  },
  addToElement(array: SharedArray<"i32">, index: number, times: number): void {
    for (let i = 0; i < times; i++) array.add(index, 1);
  },
  /** Plain increments, which lose some if two threads are ever inside. */
  guarded({ lock, array }: { lock: Lock; array: SharedArray<"i32"> }, times: number): void {
    for (let i = 0; i < times; i++) {
      const guard = lock.acquireSync();
      array.view[0]++;
      guard.release();
    }
  },
  async guardedAsync(lock: Lock, array: SharedArray<"i32">, times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      using _guard = await lock.acquire();
      array.view[0]++;
    }
  },
  permitted(permits: Semaphore | BoundedSemaphore, array: SharedArray<"i32">, times: number): void {
    for (let i = 0; i < times; i++) {
      using _guard = permits.acquireSync();
      const inside = array.add(0, 1) + 1;
      array.update(1, (peak) => Math.max(peak, inside));
      array.sub(0, 1);
    }
  },
  /** Takes the lock, says so, and ends without releasing it. */
  async holdAndEnd(lock: { acquire(): Promise<Guard> }, held: SharedEvent, how: Ending): Promise<void> {
    // Kept, so that nothing but the end of the thread can be what gives it up.
    kept.push(await lock.acquire());
    held.set();
    await end(how);
  },
  acquireSync(lock: Lock, waiting: SharedEvent, options?: { timeout?: number; recover?: boolean }): Promise<string> {
    return nameOfError(() => {
      waiting.set();
      using guard = lock.acquireSync(options);
      if (guard.recovered) throw Object.assign(new Error(), { name: "recovered" });
    });
  },
  acquire(lock: Lock, waiting: SharedEvent, options?: { timeout?: number; recover?: boolean }): Promise<string> {
    return nameOfError(async () => {
      waiting.set();
      using guard = await lock.acquire(options);
      if (guard.recovered) throw Object.assign(new Error(), { name: "recovered" });
    });
  },
  meet(barrier: Barrier, rounds: number): Promise<string> {
    return nameOfError(() => {
      for (let i = 0; i < rounds; i++) barrier.waitSync();
    });
  },
  meetTogether(barrier: Barrier, array: SharedArray<"i32">, rounds: number): void {
    for (let round = 1; round <= rounds; round++) {
      array.add(0, 1);
      barrier.waitSync();
      // Between two meetings nobody adds: all have come, and none can go on before all have looked.
      if (array.get(0) !== round * barrier.parties) array.add(1, 1);
      if (barrier.waitSync() === 0) array.add(2, 1);
    }
  },
  waitSync(event: SharedEvent, waiting: Counter): Promise<string> {
    return nameOfError(() => {
      waiting.add();
      event.waitSync();
    });
  },
  /** Waits for a notification, and counts those that came. */
  awaitCondition(condition: Condition, waiting: Counter, woken: Counter): Promise<string> {
    return nameOfError(() => {
      using guard = condition.acquireSync();
      waiting.add();
      condition.waitSync(guard);
      woken.add();
    });
  },
  /** Takes items until there are none left to come. */
  consume(condition: Condition, items: Value<"i32">, taken: Counter): void {
    for (;;) {
      using guard = condition.acquireSync();
      condition.waitForSync(guard, () => items.get() !== 0);
      if (items.get() < 0) return;
      items.sub(1);
      taken.add();
    }
  },
  produce(memory: SharedArrayBuffer, producer: number, count: number): void {
    const ring = new Ring(memory);
    for (let i = 0; i < count; i++) if (!ring.putSync(recordOf(producer, i))) return;
  },
  /** Takes until the ring is closed; gives how many came from each producer. */
  drain(memory: SharedArrayBuffer, producers: number): number[] {
    const ring = new Ring(memory);
    const counts: number[] = new Array(producers).fill(0);
    const last: number[] = new Array(producers).fill(-1);
    for (let record = ring.takeSync(); record !== undefined; record = ring.takeSync()) {
      const [producer, number] = readRecord(record);
      if (number <= last[producer]) throw new Error("records of one producer changed places");
      last[producer] = number;
      counts[producer]++;
    }
    return counts;
  },
  /**
   * Tasks side by side that want a lock or permit in every way, and often give up. Counts in element 0 plainly, under the
   * lock, and in element 1 atomically; element 2 is how many are inside.
   */
  async mix(lock: Lock | BoundedSemaphore, array: SharedArray<"i32">, tasks: number, times: number): Promise<void> {
    const recover = "locked" in lock ? { recover: true } : {};
    const inside = async (guard: Guard | undefined): Promise<void> => {
      if (guard === undefined) return;
      using _guard = guard;
      array.add(2, 1);
      const before = array.view[0];
      if (Math.random() < 0.2) await new Promise((resolve) => setTimeout(resolve));
      array.view[0] = before + 1;
      array.add(1, 1);
      array.sub(2, 1);
    };
    const gaveUp = (error: Error): undefined => {
      if (error.name !== "WaitTimeoutError" && error.name !== "TimeoutError") throw error;
    };
    const way = async (): Promise<void> => {
      const choice = Math.random();
      if (choice < 0.3) await inside(await lock.acquire(recover));
      else if (choice < 0.6) await inside(await lock.acquire({ timeout: Math.random() * 3, ...recover }).catch(gaveUp));
      else if (choice < 0.8) {
        const signal = AbortSignal.timeout(Math.random() * 3);
        await inside(await lock.acquire({ signal, ...recover }).catch(gaveUp));
      } else await inside(lock.tryAcquire());
    };
    await Promise.all(Array.from({ length: tasks }, async () => {
      for (let i = 0; i < times; i++) await way();
    }));
  },
  /** Puts so many items into a queue, and writes down the ticket of each. */
  putItems(queue: Queue<number | number[]>, tickets: SharedArray<"i32">, from: number, count: number): void {
    for (let n = from; n < from + count; n++) tickets.set(n, queue.putSync(n % 5 === 0 ? [n] : n));
  },
  /** Takes items until there are none to come, and counts each. Fails if those of a producer change places. */
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
  /** Takes one and keeps it. */
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
  /** Answers each message until the other end is gone. */
  async echo(connection: Connection<unknown>): Promise<void> {
    for await (const message of connection) await connection.send(message);
  },
  async recvOne(connection: Connection<unknown>, held: SharedEvent, how: Ending): Promise<void> {
    await connection.recv();
    await connection.send("last words");
    held.set();
    await end(how);
  },
  /** Keeps the event loop busy. */
  burn(ms: number): void {
    for (const end = performance.now() + ms; performance.now() < end;);
  },
};

/** Names of the acts. */
export type Act = keyof typeof acts;
