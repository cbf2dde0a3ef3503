import { assert, assertEquals } from "@std/assert";
import { Worker } from "node:worker_threads";
import { CallTable, CAPACITY, State } from "../../lib/protocol/call_table.ts";
import { snapshot } from "../../lib/protocol/envelope.ts";
import type { RunMessage } from "../../lib/protocol/messages.ts";
import { within } from "../core/within.ts";

Deno.test("Board: a call is queued, runs, and is answered", () => {
  const host = new CallTable();
  const worker = new CallTable(host.memory);
  host.openPosted(5);
  assertEquals(host.state(5), State.QUEUED);
  worker.noteStart(5, 12.5);
  assertEquals(worker.start(5), true);
  assertEquals([host.state(5), host.startedAt(5)], [State.RUNNING, 12.5]);
  assertEquals(worker.setResult(5, 7), true);
  assertEquals([host.state(5), host.result(5, host.state(5))], [State.NUMBER, 7]);
});

const values = [NaN, -0, 0, Infinity, -Infinity, 1.5, -7, 2 ** 53, 5e-324, true, false, null, undefined];
const terms = { task: 3, spread: true, timeout: undefined, limited: false, attempt: 1 };
const rich = ["", "text", "日本語", "x".repeat(5_000), { id: 1, tags: ["a"] }, [[]], new Uint8Array([1, 2])];
Deno.test("Board carries numbers, true, false, null, undefined, texts, plain data and bytes exactly", () => {
  const board = new CallTable();
  [...values, ...rich].forEach((value, seq) => {
    board.openPosted(seq);
    assert(board.start(seq));
    assert(board.setResult(seq, value));
  });
  values.forEach((value, seq) => assert(Object.is(board.result(seq, board.state(seq)), value), String(value)));
  rich.forEach((value, i) => {
    const seq = values.length + i;
    assertEquals([board.state(seq), board.result(seq, State.IN_RING)], [State.IN_RING, value]);
  });
});

Deno.test("Board refuses what it cannot carry, and leaves the call running", () => {
  const board = new CallTable();
  board.openBatch(0, terms, [[0]], 0);
  board.start(0);
  for (const value of ["x".repeat(1_100_000), "\ud800", new Map(), [new Set()], Symbol("s"), () => 1]) {
    assertEquals(board.setResult(0, value), false);
    assertEquals(board.state(0), State.RUNNING);
  }
  board.markPosted(0);
  assertEquals(board.state(0), State.POSTED);
});

Deno.test("Board: the place of a batch is not overwritten by the start time of a call that was withdrawn", () => {
  const board = new CallTable();
  board.openBatch(0, terms, [["first"]], 0);
  assert(board.withdraw(0));
  board.openBatch(CAPACITY, terms, [["second"]], 1);
  // The worker had read number 0 before, and does not know.
  board.noteStart(0, 12345);
  assertEquals(board.start(0), false);
  assertEquals(itemsOf(board.batchFrom(CAPACITY)), [["second"]]);
});

Deno.test("Board: only a queued call can be withdrawn or started, and only once", () => {
  const board = new CallTable();
  board.openPosted(1);
  assertEquals([board.withdraw(1), board.withdraw(1), board.start(1), board.state(1)], [
    true,
    false,
    false,
    State.WITHDRAWN,
  ]);
  board.openPosted(2);
  assertEquals([board.start(2), board.start(2), board.withdraw(2)], [true, false, false]);
  for (const value of values) {
    board.openPosted(3);
    board.start(3);
    board.setResult(3, value);
    assertEquals([board.start(3), board.withdraw(3)], [false, false]);
  }
});

Deno.test("Board: a position that is used again is not started by the number of the withdrawn call", () => {
  const board = new CallTable();
  for (const [old, next] of [[9, 9 + CAPACITY], [CAPACITY * 1000, CAPACITY * 1001], [2 ** 31, 2 ** 31 + CAPACITY]]) {
    board.openPosted(old);
    assert(board.withdraw(old));
    board.openPosted(next);
    assertEquals([board.start(old), board.withdraw(old), board.state(next)], [false, false, State.QUEUED]);
    assertEquals(board.start(next), true);
  }
});

Deno.test("Board: numbers beyond 2 ** 32 keep positions and laps apart", () => {
  const board = new CallTable();
  for (const seq of [2 ** 32 + 3, 2 ** 33 + CAPACITY * 3 + 1, 2 ** 38]) {
    board.openPosted(seq);
    board.openPosted(seq + 1);
    assertEquals([board.start(seq), board.state(seq), board.state(seq + 1)], [true, State.RUNNING, State.QUEUED]);
    assert(board.setResult(seq, seq));
    assertEquals(board.result(seq, board.state(seq)), seq);
  }
});

Deno.test("Board: neighbours do not touch each other, from the first position to the last", () => {
  const board = new CallTable();
  for (let seq = 0; seq < CAPACITY; seq++) board.openPosted(seq);
  for (let seq = 0; seq < CAPACITY; seq += 2) assert(board.start(seq) && board.setResult(seq, seq));
  for (let seq = 0; seq < CAPACITY; seq++) {
    assertEquals(board.state(seq), seq % 2 === 0 ? State.NUMBER : State.QUEUED);
    if (seq % 2 === 0) assertEquals(board.result(seq, State.NUMBER), seq);
  }
});

const RACER = (table: string) => `
  const { workerData } = await import("node:worker_threads");
  const { CallTable } = await import(${JSON.stringify(table)});
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

Deno.test("Board: host and a worker thread race for 20,480 calls, and each is taken by exactly one of them", async () => {
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
    // From the other end, so that the two meet in the middle.
    for (let i = size - 1; i >= 0; i--) if (host.withdraw(round * size + i)) mine.add(round * size + i);
    while (Atomics.load(flags, 1) <= round) await new Promise((resolve) => setTimeout(resolve, 1));
    for (let i = 0; i < size; i++) {
      const seq = round * size + i;
      const word = host.state(seq);
      assertEquals(word, mine.has(seq) ? State.WITHDRAWN : State.NUMBER, `call ${seq}`);
      if (!mine.has(seq)) assertEquals(host.result(seq, word), seq);
    }
    withdrawn += mine.size;
    started += size - mine.size;
  }
  await within(10_000, exited);
  assertEquals(withdrawn + started, rounds * size);
});

/** Argument lists that lie in shared memory. */
const fitting = [
  [],
  [1],
  [NaN, -0, Infinity],
  [true, false, null, undefined],
  ["", "ab", 7, "日本語"],
  [new Uint8Array(3), "x".repeat(3_000), [{ x: [1] }], { y: "é" }],
  Array.from({ length: 20 }, (_, n) => n),
];

function itemsOf(batch: RunMessage | null | undefined): unknown[] | undefined {
  return batch ? Array.from({ length: batch.items.length }, (_, i) => batch.items.at(i)) : undefined;
}

Deno.test("Board: arguments arrive exactly, with the terms of their call", () => {
  const board = new CallTable();
  for (const given of [terms, { ...terms, timeout: 0.5, limited: true, attempt: 7 }]) {
    for (const [seq, args] of fitting.entries()) {
      assert(board.openBatch(seq, given, [snapshot(args, []).args], 0), Deno.inspect(args));
      const batch = board.batchFrom(seq)!;
      assertEquals({ ...batch, items: itemsOf(batch) }, {
        kind: "run",
        first: seq,
        items: [args],
        stream: 0,
        shared: false,
        handles: false,
        ...given,
      });
      assert(board.start(seq));
    }
  }
  for (const items of [["a", 1, null], [1, 2, 3], [0.5]]) {
    assert(board.openBatch(9, { ...terms, spread: false }, items, 9));
    assertEquals(itemsOf(board.batchFrom(9)), items);
  }
});

Deno.test("Board: what it cannot carry is not placed, and none of its neighbours", () => {
  const board = new CallTable();
  const large = [["x".repeat(1_100_000)], ["\ud800"], [new Map()], [Symbol("s")], [{}]];
  for (const args of large) assertEquals(board.openBatch(0, terms, [[1], args], 0), false, Deno.inspect(args));
  assertEquals(board.openBatch(0, { ...terms, spread: false }, [1, new Map()], 0), false);
  assertEquals(board.batchFrom(0), null);
});

Deno.test("Board: a batch is picked from any of its calls on; one that was withdrawn is none", () => {
  for (const spread of [true, false]) {
    for (const given of [[1, 2, 3, 4], ["a", "b", "c", "d"], [null, { x: 1 }, "long".repeat(20), 4]]) {
      const board = new CallTable();
      const items = snapshot(given, []).args.map((item) => spread ? [item, "more"] : item);
      const expected = given.map((item) => spread ? [item, "more"] : item);
      board.openBatch(5, { ...terms, spread }, items, 5);
      board.openBatch(9, { ...terms, attempt: 2 }, [[4]], 5);
      board.openPosted(10);
      for (let from = 0; from < 4; from++) assertEquals(itemsOf(board.batchFrom(5 + from)), expected.slice(from));
      // In any order: calls may run side by side.
      const batch = board.batchFrom(5)!;
      for (const i of [2, 0, 3, 1, 1]) assertEquals(batch.items.at(i), expected[i]);
      assertEquals([board.batchFrom(9)?.attempt, itemsOf(board.batchFrom(9))], [2, [[4]]]);
      assertEquals(board.batchFrom(10), undefined);
      assert(board.withdraw(6));
      assertEquals([board.batchFrom(6), itemsOf(board.batchFrom(7))], [null, expected.slice(2)]);
      // The next lap of a position that was withdrawn is not taken for it.
      board.openBatch(6 + CAPACITY, terms, [[9]], 11);
      assertEquals([board.batchFrom(6), itemsOf(board.batchFrom(6 + CAPACITY))], [null, [[9]]]);
    }
  }
});

Deno.test("Board: a batch stays as it is until the last of its calls has ended; then its memory is used again", () => {
  const board = new CallTable();
  const big = "x".repeat(50_000);
  const size = 8;
  const place = (seq: number, head: number) =>
    board.openBatch(
      seq,
      { ...terms, spread: false },
      Array.from({ length: size }, (_, i) => `${seq + i} ${big}`),
      head,
    );
  let seq = 0;
  while (place(seq, 0)) seq += size;
  assert(seq > 4 * size && seq < 100, String(seq));
  // All but one of the first batch have ended.
  assertEquals(place(seq, size - 1), false);
  for (let at = 0; at < seq; at++) assertEquals(board.batchFrom(at)?.items.at(0), `${at} ${big}`);
  for (let round = 0; round < 50; round++, seq += size) {
    const head = seq - 3 * size;
    assert(place(seq, head));
    for (let at = head; at < seq; at++) assertEquals(board.batchFrom(at)?.items.at(0), `${at} ${big}`);
  }
});

Deno.test("Board: answers stay as they are until they are read; then their memory is used again", () => {
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
    assert(answered - read > 20, `${answered - read} filled it`);
    // All but some of them, so that the next ones lie around those.
    for (const most = answered - full % 5; read < most; read++) {
      assertEquals(host.state(read), State.IN_RING);
      const copy = host.result(read, State.IN_RING) as Uint8Array;
      assert(copy.length === value(read).length && copy.every((byte) => byte === (read & 255)), `answer ${read}`);
    }
  }
});
