import { assert, assertEquals } from "@std/assert";
import { Worker } from "node:worker_threads";
import { CallTable, CAPACITY, State } from "../../lib/protocol/call_table.ts";
import { within } from "../support/within.ts";

Deno.test("CallTable: a call is queued, runs, and has its result", () => {
  const host = new CallTable();
  const worker = new CallTable(host.memory);
  host.openPosted(5);
  assertEquals(host.state(5), State.QUEUED);
  worker.recordStart(5, 12.5);
  assertEquals(worker.start(5), true);
  assertEquals([host.state(5), host.startedAt(5)], [State.RUNNING, 12.5]);
  assertEquals(worker.setResult(5, 7), true);
  assertEquals([host.state(5), host.result(5, host.state(5))], [State.NUMBER, 7]);
});

const values = [NaN, -0, 0, Infinity, -Infinity, 1.5, -7, 2 ** 53, 5e-324, true, false, null, undefined];
const inRing = ["", "text", "日本語", "x".repeat(5_000), { id: 1, tags: ["a"] }, [[]], new Uint8Array([1, 2])];
Deno.test("CallTable: numbers, booleans, null, undefined, texts, plain data and bytes arrive exactly", () => {
  const table = new CallTable();
  [...values, ...inRing].forEach((value, seq) => {
    table.openPosted(seq);
    assert(table.start(seq));
    assert(table.setResult(seq, value));
  });
  values.forEach((value, seq) => assert(Object.is(table.result(seq, table.state(seq)), value), String(value)));
  inRing.forEach((value, i) => {
    const seq = values.length + i;
    assertEquals([table.state(seq), table.result(seq, State.IN_RING)], [State.IN_RING, value]);
  });
});

Deno.test("CallTable: setResult() refuses a value that must go by message, and the call goes on running", () => {
  const table = new CallTable();
  table.openBatch(
    0,
    { task: 3, spread: true, timeout: undefined, hasLimit: false, attempt: 1, timed: false },
    [[0]],
    0,
  );
  table.start(0);
  for (const value of ["x".repeat(1_100_000), "\ud800", new Map(), [new Set()], Symbol("s"), () => 1]) {
    assertEquals(table.setResult(0, value), false);
    assertEquals(table.state(0), State.RUNNING);
  }
  table.markPosted(0);
  assertEquals(table.state(0), State.POSTED);
});

Deno.test("CallTable: only a queued call can be withdrawn or started, and only once", () => {
  const table = new CallTable();
  table.openPosted(1);
  assertEquals([table.withdraw(1), table.withdraw(1), table.start(1), table.state(1)], [
    true,
    false,
    false,
    State.WITHDRAWN,
  ]);
  table.openPosted(2);
  assertEquals([table.start(2), table.start(2), table.withdraw(2)], [true, false, false]);
  for (const value of values) {
    table.openPosted(3);
    table.start(3);
    table.setResult(3, value);
    assertEquals([table.start(3), table.withdraw(3)], [false, false]);
  }
});

Deno.test("CallTable: a withdrawn call does not start the next call of its slot", () => {
  const table = new CallTable();
  for (const [old, next] of [[9, 9 + CAPACITY], [CAPACITY * 1000, CAPACITY * 1001], [2 ** 31, 2 ** 31 + CAPACITY]]) {
    table.openPosted(old);
    assert(table.withdraw(old));
    table.openPosted(next);
    assertEquals([table.start(old), table.withdraw(old), table.state(next)], [false, false, State.QUEUED]);
    assertEquals(table.start(next), true);
  }
});

Deno.test("CallTable: call numbers beyond 2 ** 32 keep slots and generations apart", () => {
  const table = new CallTable();
  for (const seq of [2 ** 32 + 3, 2 ** 33 + CAPACITY * 3 + 1, 2 ** 38]) {
    table.openPosted(seq);
    table.openPosted(seq + 1);
    assertEquals([table.start(seq), table.state(seq), table.state(seq + 1)], [true, State.RUNNING, State.QUEUED]);
    assert(table.setResult(seq, seq));
    assertEquals(table.result(seq, table.state(seq)), seq);
  }
});

Deno.test("CallTable: the calls of neighbouring slots do not change each other, from the first slot to the last", () => {
  const table = new CallTable();
  for (let seq = 0; seq < CAPACITY; seq++) table.openPosted(seq);
  for (let seq = 0; seq < CAPACITY; seq += 2) assert(table.start(seq) && table.setResult(seq, seq));
  for (let seq = 0; seq < CAPACITY; seq++) {
    assertEquals(table.state(seq), seq % 2 === 0 ? State.NUMBER : State.QUEUED);
    if (seq % 2 === 0) assertEquals(table.result(seq, State.NUMBER), seq);
  }
});

const RACER = (url: string) => `
  const { workerData } = await import("node:worker_threads");
  const { CallTable } = await import(${JSON.stringify(url)});
  const table = new CallTable(workerData.memory);
  const flags = new Int32Array(workerData.flags);
  for (let round = 0; round < workerData.rounds; round++) {
    Atomics.wait(flags, 0, round);
    for (let i = 0; i < workerData.size; i++) {
      const seq = round * workerData.size + i;
      if (table.start(seq)) table.setResult(seq, seq);
    }
    Atomics.store(flags, 1, round + 1);
    Atomics.notify(flags, 1);
  }
`;

Deno.test("CallTable: a host and a worker thread race for 20,480 calls, and exactly one of them takes each", async () => {
  const rounds = 5, size = CAPACITY;
  const host = new CallTable();
  const flags = new Int32Array(new SharedArrayBuffer(8));
  const entry = new URL(
    `data:text/javascript,${encodeURIComponent(RACER(import.meta.resolve("../../lib/protocol/call_table.ts")))}`,
  );
  const worker = new Worker(entry, { workerData: { memory: host.memory, flags: flags.buffer, rounds, size } });
  const exited = new Promise((resolve) => worker.once("exit", resolve));
  let withdrawn = 0, started = 0;
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < size; i++) host.openPosted(round * size + i);
    Atomics.store(flags, 0, round + 1);
    Atomics.notify(flags, 0);
    const mine = new Set<number>();
    // From the last call to the first, so that the two sides meet in the middle.
    for (let i = size - 1; i >= 0; i--) if (host.withdraw(round * size + i)) mine.add(round * size + i);
    while (Atomics.load(flags, 1) <= round) await new Promise((resolve) => setTimeout(resolve, 1));
    for (let i = 0; i < size; i++) {
      const seq = round * size + i;
      const state = host.state(seq);
      assertEquals(state, mine.has(seq) ? State.WITHDRAWN : State.NUMBER, `call ${seq}`);
      if (!mine.has(seq)) assertEquals(host.result(seq, state), seq);
    }
    withdrawn += mine.size;
    started += size - mine.size;
  }
  await within(10_000, exited);
  assertEquals(withdrawn + started, rounds * size);
});

Deno.test("CallTable: results stay unchanged until the host reads them; then their memory is reused", () => {
  const host = new CallTable();
  const worker = new CallTable(host.memory);
  const value = (seq: number) => new Uint8Array(100_000 + seq % 7 * 10_000).fill(seq);
  let answered = 0, read = 0, full = 0;
  while (read < 500) {
    for (;;) {
      host.openPosted(answered);
      assert(worker.start(answered));
      if (!worker.setResult(answered, value(answered))) break;
      answered++;
    }
    full++;
    assert(answered - read > 20, `${answered - read} results filled it`);
    // Some results stay unread, so that the next ones must lie around them.
    for (const end = answered - full % 5; read < end; read++) {
      assertEquals(host.state(read), State.IN_RING);
      const copy = host.result(read, State.IN_RING) as Uint8Array;
      assert(copy.length === value(read).length && copy.every((byte) => byte === (read & 255)), `answer ${read}`);
    }
  }
});
