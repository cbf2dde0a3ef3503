import { assert, assertEquals } from "@std/assert";
import { Worker } from "node:worker_threads";
import { Board, CAPACITY, Word } from "../../lib/protocol/board.ts";
import { snapshot } from "../../lib/protocol/envelope.ts";
import type { RunMessage } from "../../lib/protocol/messages.ts";
import { within } from "../core/within.ts";

Deno.test("Board: a call is queued, runs, and is answered", () => {
  const host = new Board();
  const worker = new Board(host.memory);
  host.enqueue(5);
  assertEquals(host.word(5), Word.QUEUED);
  worker.stamp(5, 12.5);
  assertEquals(worker.start(5), true);
  assertEquals([host.word(5), host.startedAt(5)], [Word.RUNNING, 12.5]);
  assertEquals(worker.answer(5, 7), true);
  assertEquals([host.word(5), host.value(5, host.word(5))], [Word.NUMBER, 7]);
});

const values = [NaN, -0, 0, Infinity, -Infinity, 1.5, -7, 2 ** 53, 5e-324, true, false, null, undefined];
const terms = { task: 3, spread: true, timeout: undefined, limited: false, attempt: 1 };
const rich = ["", "text", "日本語", "x".repeat(5_000), { id: 1, tags: ["a"] }, [[]], new Uint8Array([1, 2])];
Deno.test("Board carries numbers, true, false, null, undefined, texts, plain data and bytes exactly", () => {
  const board = new Board();
  [...values, ...rich].forEach((value, seq) => {
    board.enqueue(seq);
    assert(board.start(seq));
    assert(board.answer(seq, value));
  });
  values.forEach((value, seq) => assert(Object.is(board.value(seq, board.word(seq)), value), String(value)));
  rich.forEach((value, i) => {
    const seq = values.length + i;
    assertEquals([board.word(seq), board.value(seq, Word.SPOOLED)], [Word.SPOOLED, value]);
  });
});

Deno.test("Board refuses what it cannot carry, and leaves the call running", () => {
  const board = new Board();
  board.place(0, terms, [[0]], 0);
  board.start(0);
  for (const value of ["x".repeat(1_100_000), "\ud800", new Map(), [new Set()], Symbol("s"), () => 1]) {
    assertEquals(board.answer(0, value), false);
    assertEquals(board.word(0), Word.RUNNING);
  }
  board.sent(0);
  assertEquals(board.word(0), Word.SENT);
});

Deno.test("Board: the place of a batch is not overwritten by the start time of a call that was withdrawn", () => {
  const board = new Board();
  board.place(0, terms, [["first"]], 0);
  assert(board.withdraw(0));
  board.place(CAPACITY, terms, [["second"]], 1);
  // The worker had read number 0 before, and does not know.
  board.stamp(0, 12345);
  assertEquals(board.start(0), false);
  assertEquals(itemsOf(board.pick(CAPACITY)), [["second"]]);
});

Deno.test("Board: only a queued call can be withdrawn or started, and only once", () => {
  const board = new Board();
  board.enqueue(1);
  assertEquals([board.withdraw(1), board.withdraw(1), board.start(1), board.word(1)], [
    true,
    false,
    false,
    Word.WITHDRAWN,
  ]);
  board.enqueue(2);
  assertEquals([board.start(2), board.start(2), board.withdraw(2)], [true, false, false]);
  for (const value of values) {
    board.enqueue(3);
    board.start(3);
    board.answer(3, value);
    assertEquals([board.start(3), board.withdraw(3)], [false, false]);
  }
});

Deno.test("Board: a position that is used again is not started by the number of the withdrawn call", () => {
  const board = new Board();
  for (const [old, next] of [[9, 9 + CAPACITY], [CAPACITY * 1000, CAPACITY * 1001], [2 ** 31, 2 ** 31 + CAPACITY]]) {
    board.enqueue(old);
    assert(board.withdraw(old));
    board.enqueue(next);
    assertEquals([board.start(old), board.withdraw(old), board.word(next)], [false, false, Word.QUEUED]);
    assertEquals(board.start(next), true);
  }
});

Deno.test("Board: numbers beyond 2 ** 32 keep positions and laps apart", () => {
  const board = new Board();
  for (const seq of [2 ** 32 + 3, 2 ** 33 + CAPACITY * 3 + 1, 2 ** 38]) {
    board.enqueue(seq);
    board.enqueue(seq + 1);
    assertEquals([board.start(seq), board.word(seq), board.word(seq + 1)], [true, Word.RUNNING, Word.QUEUED]);
    assert(board.answer(seq, seq));
    assertEquals(board.value(seq, board.word(seq)), seq);
  }
});

Deno.test("Board: neighbours do not touch each other, from the first position to the last", () => {
  const board = new Board();
  for (let seq = 0; seq < CAPACITY; seq++) board.enqueue(seq);
  for (let seq = 0; seq < CAPACITY; seq += 2) assert(board.start(seq) && board.answer(seq, seq));
  for (let seq = 0; seq < CAPACITY; seq++) {
    assertEquals(board.word(seq), seq % 2 === 0 ? Word.NUMBER : Word.QUEUED);
    if (seq % 2 === 0) assertEquals(board.value(seq, Word.NUMBER), seq);
  }
});

const RACER = (board: string) => `
  const { workerData } = await import("node:worker_threads");
  const { Board } = await import(${JSON.stringify(board)});
  const board = new Board(workerData.memory);
  const flags = new Int32Array(workerData.flags);
  for (let round = 0; round < workerData.rounds; round++) {
    Atomics.wait(flags, 0, round);
    for (let i = 0; i < workerData.size; i++) {
      const seq = round * workerData.size + i;
      if (board.start(seq)) board.answer(seq, seq);
    }
    Atomics.store(flags, 1, round + 1);
    Atomics.notify(flags, 1);
  }
`;

Deno.test("Board: host and a worker thread race for 20,480 calls, and each is taken by exactly one of them", async () => {
  const rounds = 5, size = CAPACITY;
  const host = new Board();
  const flags = new Int32Array(new SharedArrayBuffer(8));
  const entry = new URL(
    `data:text/javascript,${encodeURIComponent(RACER(import.meta.resolve("../../lib/protocol/board.ts")))}`,
  );
  const worker = new Worker(entry, { workerData: { memory: host.memory, flags: flags.buffer, rounds, size } });
  const exited = new Promise((resolve) => worker.once("exit", resolve));
  let withdrawn = 0, started = 0;
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < size; i++) host.enqueue(round * size + i);
    Atomics.store(flags, 0, round + 1);
    Atomics.notify(flags, 0);
    const mine = new Set<number>();
    // From the other end, so that the two meet in the middle.
    for (let i = size - 1; i >= 0; i--) if (host.withdraw(round * size + i)) mine.add(round * size + i);
    while (Atomics.load(flags, 1) <= round) await new Promise((resolve) => setTimeout(resolve, 1));
    for (let i = 0; i < size; i++) {
      const seq = round * size + i;
      const word = host.word(seq);
      assertEquals(word, mine.has(seq) ? Word.WITHDRAWN : Word.NUMBER, `call ${seq}`);
      if (!mine.has(seq)) assertEquals(host.value(seq, word), seq);
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
  const board = new Board();
  for (const given of [terms, { ...terms, timeout: 0.5, limited: true, attempt: 7 }]) {
    for (const [seq, args] of fitting.entries()) {
      assert(board.place(seq, given, [snapshot(args, []).args], 0), Deno.inspect(args));
      const batch = board.pick(seq)!;
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
    assert(board.place(9, { ...terms, spread: false }, items, 9));
    assertEquals(itemsOf(board.pick(9)), items);
  }
});

Deno.test("Board: what it cannot carry is not placed, and none of its neighbours", () => {
  const board = new Board();
  const large = [["x".repeat(1_100_000)], ["\ud800"], [new Map()], [Symbol("s")], [{}]];
  for (const args of large) assertEquals(board.place(0, terms, [[1], args], 0), false, Deno.inspect(args));
  assertEquals(board.place(0, { ...terms, spread: false }, [1, new Map()], 0), false);
  assertEquals(board.pick(0), null);
});

Deno.test("Board: a batch is picked from any of its calls on; one that was withdrawn is none", () => {
  for (const spread of [true, false]) {
    for (const given of [[1, 2, 3, 4], ["a", "b", "c", "d"], [null, { x: 1 }, "long".repeat(20), 4]]) {
      const board = new Board();
      const items = snapshot(given, []).args.map((item) => spread ? [item, "more"] : item);
      const expected = given.map((item) => spread ? [item, "more"] : item);
      board.place(5, { ...terms, spread }, items, 5);
      board.place(9, { ...terms, attempt: 2 }, [[4]], 5);
      board.enqueue(10);
      for (let from = 0; from < 4; from++) assertEquals(itemsOf(board.pick(5 + from)), expected.slice(from));
      // In any order: calls may run side by side.
      const batch = board.pick(5)!;
      for (const i of [2, 0, 3, 1, 1]) assertEquals(batch.items.at(i), expected[i]);
      assertEquals([board.pick(9)?.attempt, itemsOf(board.pick(9))], [2, [[4]]]);
      assertEquals(board.pick(10), undefined);
      assert(board.withdraw(6));
      assertEquals([board.pick(6), itemsOf(board.pick(7))], [null, expected.slice(2)]);
      // The next lap of a position that was withdrawn is not taken for it.
      board.place(6 + CAPACITY, terms, [[9]], 11);
      assertEquals([board.pick(6), itemsOf(board.pick(6 + CAPACITY))], [null, [[9]]]);
    }
  }
});

Deno.test("Board: a batch stays as it is until the last of its calls has ended; then its memory is used again", () => {
  const board = new Board();
  const big = "x".repeat(50_000);
  const size = 8;
  const place = (seq: number, head: number) =>
    board.place(seq, { ...terms, spread: false }, Array.from({ length: size }, (_, i) => `${seq + i} ${big}`), head);
  let seq = 0;
  while (place(seq, 0)) seq += size;
  assert(seq > 4 * size && seq < 100, String(seq));
  // All but one of the first batch have ended.
  assertEquals(place(seq, size - 1), false);
  for (let at = 0; at < seq; at++) assertEquals(board.pick(at)?.items.at(0), `${at} ${big}`);
  for (let round = 0; round < 50; round++, seq += size) {
    const head = seq - 3 * size;
    assert(place(seq, head));
    for (let at = head; at < seq; at++) assertEquals(board.pick(at)?.items.at(0), `${at} ${big}`);
  }
});

Deno.test("Board: answers stay as they are until they are read; then their memory is used again", () => {
  const host = new Board();
  const worker = new Board(host.memory);
  const value = (seq: number) => new Uint8Array(100_000 + seq % 7 * 10_000).fill(seq);
  let answered = 0, read = 0, full = 0;
  while (read < 500) {
    for (;;) {
      host.enqueue(answered);
      assert(worker.start(answered));
      if (!worker.answer(answered, value(answered))) break;
      answered++;
    }
    full++;
    assert(answered - read > 20, `${answered - read} filled it`);
    // All but some of them, so that the next ones lie around those.
    for (const most = answered - full % 5; read < most; read++) {
      assertEquals(host.word(read), Word.SPOOLED);
      const copy = host.value(read, Word.SPOOLED) as Uint8Array;
      assert(copy.length === value(read).length && copy.every((byte) => byte === (read & 255)), `answer ${read}`);
    }
  }
});
