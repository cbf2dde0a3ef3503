/**
 * Random programs. Producers and consumers on threads of both engines, some of which are killed, are checked against
 * what must hold for every program; random calls on one thread are compared with an array. A failure prints its seed:
 * ISOPOOL_SEED repeats that run.
 *
 * @module
 */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import fc from "fast-check";
import { ItemLostError, JoinableQueue, Queue, QueueClosedError, select, SharedArray } from "@isopool/isopool";
import { TestThread } from "../shared/support/test_thread.ts";
import {
  bytesOf,
  type GetWay,
  type Ledger,
  type Message,
  type PutWay,
  recordArrival,
} from "../shared/support/queue_acts.ts";
import { test, until, within } from "../support/within.ts";
import { rounds } from "../support/rounds.ts";

const RUNS = rounds(5, 100);
const seed = Deno.env.get("ISOPOOL_SEED");
const settings = seed === undefined ? {} : { seed: Number(seed) };
/** Maximum number of messages of one producer. */
const MAX_MESSAGES = 60;

const engine = fc.constantFrom<("thread" | "web")[]>("thread", "web");
// A thread is killed when this many of all messages have arrived; most threads are not killed.
const killed = fc.option(fc.integer({ min: 0, max: 60 }), { freq: 2 });
const size = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 200 }) },
  { weight: 2, arbitrary: fc.integer({ min: 60_000, max: 70_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 1 << 20 }) },
);
const ways = <W extends string>(...all: W[]) => fc.array(fc.constantFrom(...all), { minLength: 1, maxLength: 5 });

const program = fc.record({
  maxSize: fc.integer({ min: 1, max: 8 }),
  joinable: fc.boolean(),
  producers: fc.array(
    fc.record({
      engine,
      killed,
      sizes: fc.array(size, { minLength: 1, maxLength: MAX_MESSAGES }),
      ways: ways<PutWay>("put", "tryPut", "putSync"),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  consumers: fc.array(
    fc.record({ engine, killed, ways: ways<GetWay>("get", "tryGet", "getSync", "select", "loop") }),
    { minLength: 1, maxLength: 3 },
  ),
});

type RandomProgram = typeof program extends fc.Arbitrary<infer P> ? P : never;

async function run({ maxSize, joinable, producers, consumers }: RandomProgram): Promise<void> {
  const queue = joinable ? new JoinableQueue<Message>({ maxSize }) : new Queue<Message>({ maxSize });
  const other = new Queue<Message>();
  const words = producers.length * MAX_MESSAGES;
  const ledger: Ledger = {
    tickets: new SharedArray("i32", words),
    got: new SharedArray("i32", words),
    each: MAX_MESSAGES,
  };
  const arrived = () => ledger.got.view.reduce((sum, count) => sum + count, 0);
  const total = producers.reduce((sum, { sizes }) => sum + sizes.length, 0);
  const threads = await Promise.all([...producers, ...consumers].map(({ engine }) => TestThread.start(engine)));
  await using stack = new AsyncDisposableStack();
  for (const thread of threads) stack.use(thread);
  const [putters, getters] = [threads.slice(0, producers.length), threads.slice(producers.length)];

  let allPut = false;
  // A thread that is killed ends with an error; no other thread may.
  const endOf = (thread: TestThread, end: Promise<unknown>, dies: boolean) =>
    end.catch(async (error) => {
      if (!dies) throw error;
      await thread.ended;
    });
  const puts = producers.map(({ sizes, ways, killed }, i) =>
    endOf(putters[i], putters[i].run("putInWays", queue, i, sizes, ways, ledger), killed !== null)
  );
  const gets = consumers.map(({ ways, killed }, i) =>
    endOf(getters[i], getters[i].run("takeInWays", queue, other, ways, ledger), killed !== null)
  );
  const kills = [...producers, ...consumers].map(async ({ killed }, i) => {
    if (killed === null) return;
    await until(() => allPut || arrived() >= Math.min(killed, total), "progress", 30_000);
    await threads[i].kill();
  });
  // The first failure is reported by the awaits below.
  for (const each of [...puts, ...gets, ...kills]) each.catch(() => {});
  // If all consumers can die while a producer still puts, this thread takes the items.
  const last = new Map<number, number>();
  const drain = async () => {
    for (;;) {
      const got = queue.tryGet();
      if (got.state === "closed" || (got.state === "empty" && allPut)) return;
      if (got.state === "empty") await new Promise((resolve) => setTimeout(resolve, 1));
      else {
        recordArrival(got.value, ledger, last);
        if (queue instanceof JoinableQueue) queue.taskDone();
      }
    }
  };
  const survivor = consumers.some(({ killed }) => killed === null);
  const drained = survivor ? undefined : drain();
  await within(60_000, Promise.all(puts), "the producers");
  allPut = true;
  await within(30_000, Promise.all(kills), "the kills");
  queue.close();
  await within(30_000, Promise.all(gets), "the consumers");
  await drained;
  await drain();

  let reported: readonly number[] = [];
  if (queue instanceof JoinableQueue) {
    try {
      await queue.join({ timeout: 20_000 });
    } catch (error) {
      if (!(error instanceof ItemLostError)) throw error;
      reported = error.tickets;
    }
    assertEquals(queue.unfinished, 0);
  }
  const lost = queue.takeLost();
  if (joinable) assertEquals(lost, reported);
  assertEquals(new Set(lost).size, lost.length, "an item is named twice");
  const dead = consumers.filter(({ killed }) => killed !== null).length;
  assert(lost.length <= dead, `${lost.length} items are lost by ${dead} deaths`);

  const named = new Set(lost);
  let unnamed = 0;
  producers.forEach(({ sizes, killed }, from) => {
    for (let n = 0; n < sizes.length; n++) {
      const at = from * MAX_MESSAGES + n;
      const [ticket, got] = [ledger.tickets.get(at), ledger.got.get(at)];
      assert(got <= 1, `message ${from}/${n} arrived ${got} times`);
      if (killed === null) assert(ticket !== 0, `message ${from}/${n} was not put`);
      if (ticket > 0 && got === 0) assert(named.delete(ticket - 1), `message ${from}/${n} is lost, and not named`);
      if (ticket === -1 && got === 0) unnamed++;
    }
  });
  assert(unnamed <= named.size, `${unnamed} messages are lost, and at most ${named.size} of them named`);
  assertEquals(queue.tryGet(), { state: "closed" });
}

test("random programs on threads: no item twice or out of order, every loss reported, no thread hangs", async () => {
  const property = fc.asyncProperty(program, run);
  await fc.assert(property, { ...settings, numRuns: RUNS, endOnFailure: true });
}, { deadline: 600_000 });

type Call = { call: string; size: number };
const calls = fc.array(
  fc.record({
    call: fc.constantFrom(
      ...["put", "tryPut", "putSync", "tryGet", "get", "getSync", "select", "loop", "size", "done", "close"],
    ),
    size: fc.integer({ min: 0, max: 100_000 }),
  }),
  { maxLength: 60 },
);

// The result of a call, or the name of its error.
async function outcome(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    return (error as Error).name;
  }
}

async function sequential(maxSize: number, list: Call[]): Promise<void> {
  const queue = new JoinableQueue<Uint8Array>({ maxSize });
  const never = new Queue<Uint8Array>();
  const model: Uint8Array[] = [];
  let closed = false, put = 0, taken = 0, done = 0;
  const atOnce = { timeout: 0 };
  const take = (ifEmpty: unknown, ifClosed: unknown, ifTaken: (bytes: Uint8Array) => unknown): unknown => {
    if (model.length === 0) return closed ? ifClosed : ifEmpty;
    taken++;
    return ifTaken(model.shift()!);
  };
  const got = (value: Uint8Array) => ({ state: "ok", value });
  for (const { call, size } of list) {
    const bytes = bytesOf(1, put, size);
    let seen: unknown, expected: unknown;
    if (call === "put" || call === "tryPut" || call === "putSync") {
      seen = await outcome(() =>
        call === "put"
          ? queue.put(bytes, atOnce)
          : call === "tryPut"
          ? queue.tryPut(bytes)
          : queue.putSync(bytes, atOnce)
      );
      if (closed) expected = call === "tryPut" ? "closed" : "QueueClosedError";
      else if (model.length === maxSize) expected = call === "tryPut" ? "full" : "WaitTimeoutError";
      else {
        expected = call === "tryPut" ? "ok" : put;
        put++;
        model.push(bytes.slice());
        // The queue has copied the item: this change must not arrive.
        bytes.fill(0);
      }
    } else if (call === "tryGet") {
      seen = queue.tryGet();
      expected = take({ state: "empty" }, { state: "closed" }, got);
    } else if (call === "get" || call === "getSync") {
      seen = await outcome(() => call === "get" ? queue.get(atOnce) : queue.getSync(atOnce));
      expected = take("WaitTimeoutError", "QueueClosedError", (value) => value);
    } else if (call === "select") {
      seen = await outcome(() => select([never, queue], atOnce));
      expected = take("WaitTimeoutError", { index: 1, result: { state: "closed" } }, (value) => ({
        index: 1,
        result: got(value),
      }));
    } else if (call === "loop") {
      if (model.length === 0 && !closed) continue;
      for await (const value of queue) {
        seen = value;
        break;
      }
      expected = take(undefined, undefined, (value) => value);
    } else if (call === "done") {
      seen = await outcome(() => queue.taskDone());
      expected = done < taken ? undefined : "IsopoolError";
      if (done < taken) done++;
    } else if (call === "close") {
      queue.close();
      closed = true;
    } else {
      seen = [queue.size, queue.closed, queue.unfinished];
      expected = [model.length, closed, put - done];
    }
    assertEquals(seen, expected, call);
  }
  const join = await outcome(() => queue.join(atOnce));
  assertEquals(join, put === done ? undefined : "WaitTimeoutError");
  assertEquals(queue.takeLost(), []);
  if (closed) assertInstanceOf(await queue.put(bytesOf(1, 1, 1)).catch((error) => error), QueueClosedError);
}

test("random calls on one thread return what an array would", async () => {
  const property = fc.asyncProperty(fc.integer({ min: 1, max: 8 }), calls, sequential);
  await fc.assert(property, { ...settings, numRuns: RUNS * 20 });
}, { deadline: 120_000 });
