import { assert, assertEquals } from "@std/assert";
import { Worker } from "node:worker_threads";
import { Board, CAPACITY, SLIPS, Word } from "../../lib/protocol/board.ts";
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
const texts = ["", "text", "äöüÿ\0", "x".repeat(71)];
Deno.test("Board carries numbers, true, false, null, undefined and small texts exactly", () => {
  const board = new Board();
  [...values, ...texts].forEach((value, seq) => {
    assert(board.place(seq, terms, [[seq]]));
    assert(board.start(seq));
    assert(board.answer(seq, value));
  });
  [...values, ...texts].forEach((value, seq) =>
    assert(Object.is(board.value(seq, board.word(seq)), value), String(value))
  );
});

Deno.test("Board refuses what does not fit a cell, and leaves the call running", () => {
  const board = new Board();
  board.place(0, terms, [[0]]);
  board.start(0);
  for (const value of ["x".repeat(72), "\u0100", "\ud800", 1n, {}, [], Symbol("s"), () => 1]) {
    assertEquals(board.answer(0, value), false);
    assertEquals(board.word(0), Word.RUNNING);
  }
  board.sent(0);
  assertEquals(board.word(0), Word.SENT);
});

Deno.test("Board: a text is no answer for a call without a slip: that may be another one's", () => {
  const board = new Board();
  board.enqueue(SLIPS);
  board.place(0, terms, [["kept"]]);
  assert(board.start(SLIPS));
  assertEquals(board.answer(SLIPS, "text"), false);
  assertEquals(board.pick(0, 1)?.items, [["kept"]]);
});

Deno.test("Board: only a queued call can be withdrawn or started, and only once", () => {
  const board = new Board();
  board.enqueue(1);
  assertEquals([board.withdraw(1), board.withdraw(1), board.start(1), board.word(1)], [true, false, false, 2]);
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

/** Argument lists that fit on a slip: nine units, of which a text takes its length and one byte. */
const fitting = [
  [],
  [1],
  [NaN, -0, Infinity],
  [true, false, null, undefined],
  ["", "ab", 7, "ÿ"],
  [1, 2, 3, 4, 5, 6, 7, 8],
  ["x".repeat(71)],
  ["x".repeat(7), 1, "y".repeat(8)],
];

Deno.test("Board: arguments on slips arrive exactly, with the terms of their call", () => {
  const board = new Board();
  for (const given of [terms, { ...terms, timeout: 0.5, limited: true, attempt: 7 }]) {
    for (const [seq, args] of fitting.entries()) {
      assert(board.place(seq, given, [args]), Deno.inspect(args));
      assertEquals(board.pick(seq, 1), {
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
  assert(board.place(9, { ...terms, spread: false }, ["a", 1, null]));
  assertEquals(board.pick(9, 3)?.items, ["a", 1, null]);
});

Deno.test("Board: what does not fit on a slip is not placed, and none of its neighbours", () => {
  const board = new Board();
  const large = [["x".repeat(72)], ["\u0100"], ["x".repeat(64), 1], Array(9).fill(1), [{}], [1n], [Symbol("s")], [[]]];
  for (const args of large) assertEquals(board.place(0, terms, [[1], args]), false, Deno.inspect(args));
  assertEquals(board.place(0, { ...terms, spread: false }, [1, {}]), false);
});

Deno.test("Board: calls that are alike are picked together, up to one that is not, was withdrawn or comes by port", () => {
  const board = new Board();
  board.place(0, terms, [[1], [2], [3]]);
  board.place(3, { ...terms, attempt: 2 }, [[4]]);
  board.enqueue(4);
  assertEquals(board.pick(0, 2)?.items, [[1], [2]]);
  assertEquals(board.pick(0, 5)?.items, [[1], [2], [3]]);
  assertEquals(board.pick(3, 2)?.items, [[4]]);
  assertEquals(board.pick(4, 1), undefined);
  assert(board.withdraw(1));
  assertEquals([board.pick(0, 5)?.items, board.pick(1, 4)], [[[1]], null]);
  // The next lap of a position that was withdrawn is not taken for it.
  board.place(1 + CAPACITY, terms, [[9]]);
  assertEquals([board.pick(1, 1), board.pick(1 + CAPACITY, 1)?.items], [null, [[9]]]);
});
