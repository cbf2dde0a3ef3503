/**
 * A script of its own: calls every operation of queues and pipes whose memory a task has filled with nonsense. It prints
 * each call that took too long or threw an error of the engine, and the longest pause of its own timers.
 *
 * @module
 */
import { type Connection, IsopoolError, JoinableQueue, Pipe, Pool, Queue, select, tasks } from "@isopool/isopool";
import type { Shared } from "../../lib/shared/handle.ts";
import type { Nonsense } from "./corrupt_memory_tasks.ts";
import { TimerPauses } from "../support/timer_pauses.ts";

const { scribble } = tasks<typeof import("./corrupt_memory_tasks.ts")>(
  import.meta.resolve("./corrupt_memory_tasks.ts"),
);

const [rounds, first, ids] = Deno.args.map(Number);
/** Milliseconds that a call may take, also one that waits for a lock that seems to be held. */
const BOUND = 15_000;
const limits = { timeout: 30 };
const problems: string[] = [];

type Operations<T> = Record<string, (object: T) => unknown>;

const ofQueues: Operations<Queue<unknown>> = {
  size: (queue) => queue.size,
  closed: (queue) => queue.closed,
  maxSize: (queue) => queue.maxSize,
  toString: (queue: Queue<unknown>) => String(queue),
  tryPut: (queue) => queue.tryPut({ n: 1 }),
  tryGet: (queue) => queue.tryGet(),
  put: (queue) => queue.put(new Uint8Array(100_000), limits),
  putSync: (queue) => queue.putSync("line", limits),
  get: (queue) => queue.get(limits),
  getSync: (queue) => queue.getSync(limits),
  takeLost: (queue) => queue.takeLost(),
  select: (queue) => select([queue, new Queue()], limits),
  async loop(queue) {
    setTimeout(() => queue.close(), 30);
    let count = 0;
    for await (const _ of queue) if (++count === 100) break;
  },
  close: (queue) => queue.close(),
};

const ofJoinableQueues: Operations<JoinableQueue<unknown>> = {
  unfinished: (queue) => queue.unfinished,
  taskDone: (queue) => queue.taskDone(),
  join: (queue) => queue.join(limits),
  joinSync: (queue) => queue.joinSync(limits),
  ...ofQueues as Operations<JoinableQueue<unknown>>,
};

const ofConnections: Operations<Connection<unknown>> = {
  open: (end) => end.open,
  toString: (end: Connection<unknown>) => String(end),
  poll: (end) => end.poll(),
  send: (end) => end.send({ n: 1 }, limits),
  sendSync: (end) => end.sendSync("line", limits),
  recv: (end) => end.recv(limits),
  recvSync: (end) => end.recvSync(limits),
  select: (end) => select([end], limits),
  close: (end) => end.close(),
};

async function callAll<T>(what: string, object: T, operations: Operations<T>): Promise<void> {
  for (const [name, operation] of Object.entries(operations)) {
    // A loop has no time limit: it waits as long as a living thread has the lock, and small numbers are ids of threads.
    if (name === "loop" && /, (ids|small),/.test(what)) continue;
    const start = performance.now();
    try {
      await operation(object);
    } catch (error) {
      if (!(error instanceof IsopoolError)) problems.push(`${what}.${name}: ${(error as Error)?.stack}`);
    }
    const ms = performance.now() - start;
    if (ms > BOUND) problems.push(`${what}.${name} took ${ms} ms`);
  }
}

async function round(pool: Pool, seed: number, nonsense: Nonsense, ms: number): Promise<void> {
  const queue = new Queue<unknown>({ maxSize: seed % 2 === 0 ? 16 : Infinity });
  const joinable = new JoinableQueue<unknown>();
  const [here, there] = Pipe<unknown>();
  for (const item of [1, "two", { three: 3 }, new Map([[4, 4]]), new Uint8Array(9_000)]) {
    for (const each of [queue, joinable]) each.tryPut(item);
    await here.send(item);
    await there.send(item);
  }
  await joinable.get();
  const all = async <T>(what: string, object: T, sent: Shared, operations: Operations<T>) => {
    const scribbling = pool.submit(scribble, sent, nonsense, seed, ms).result();
    if (ms === 0) await scribbling;
    await callAll(`${what}, ${nonsense}, seed ${seed}, ${ms} ms`, object, operations);
    await scribbling;
  };
  await all("Queue", queue, queue, ofQueues);
  await all("JoinableQueue", joinable, joinable, ofJoinableQueues);
  // To send an end of a pipe is to give it away. The other end has the same memory.
  await all("Connection", here, there, ofConnections);
}

const pauses = new TimerPauses();
{
  await using pool = new Pool(2);
  const kinds: Nonsense[] = ["some", "all", "small"];
  for (let i = 0; i < rounds; i++) await round(pool, first + i, kinds[i % 3], i % 4 === 3 ? 100 : 0);
  for (let i = 0; i < ids; i++) await round(pool, first + i, "ids", 0);
}
pauses.stop();
const status = await Deno.readTextFile("/proc/self/status").catch(() => "VmHWM: 0 kB");
const peak = Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024);
console.log(JSON.stringify({ problems, longest: Math.round(pauses.longest), peak }));
