/**
 * Batches of calls in shared memory: a batch is the items of one `RunMessage`, and stays in the call table until the last
 * of its calls has ended. What does not fit goes by message.
 */
import { assert, assertEquals } from "@std/assert";
import { BatchRing } from "../../lib/protocol/batch_ring.ts";
import { CallTable, CAPACITY } from "../../lib/protocol/call_table.ts";
import { snapshot } from "../../lib/protocol/snapshot.ts";
import type { RunMessage } from "../../lib/protocol/messages.ts";

const header = { task: 3, spread: true, timeout: undefined, hasLimit: false, attempt: 1, timed: false };

/** Argument lists that fit into shared memory. */
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

Deno.test("batches: arguments arrive exactly, with the header of their batch", () => {
  const table = new CallTable();
  for (const given of [header, { ...header, timeout: 0.5, hasLimit: true, attempt: 7 }]) {
    for (const [seq, args] of fitting.entries()) {
      assert(table.openBatch(seq, given, [snapshot(args, []).args], 0), Deno.inspect(args));
      const batch = table.batchFrom(seq)!;
      assertEquals({ ...batch, items: itemsOf(batch) }, {
        kind: "run",
        first: seq,
        items: [args],
        stream: 0,
        shared: false,
        handles: false,
        traceparent: undefined,
        ...given,
      });
      assert(table.start(seq));
    }
  }
  for (const items of [["a", 1, null], [1, 2, 3], [0.5]]) {
    assert(table.openBatch(9, { ...header, spread: false }, items, 9));
    assertEquals(itemsOf(table.batchFrom(9)), items);
  }
});

Deno.test("batches: one value that must go by message keeps its whole batch out of shared memory", () => {
  const table = new CallTable();
  // `{}` was not snapshotted: such an object goes by message.
  const byMessage = [["x".repeat(1_100_000)], ["\ud800"], [new Map()], [Symbol("s")], [{}]];
  for (const args of byMessage) assertEquals(table.openBatch(0, header, [[1], args], 0), false, Deno.inspect(args));
  assertEquals(table.openBatch(0, { ...header, spread: false }, [1, new Map()], 0), false);
  assertEquals(table.batchFrom(0), null);
});

Deno.test("batches: batchFrom() returns the rest of a batch from any of its calls, and null for a withdrawn call", () => {
  for (const spread of [true, false]) {
    for (const given of [[1, 2, 3, 4], ["a", "b", "c", "d"], [null, { x: 1 }, "long".repeat(20), 4]]) {
      const table = new CallTable();
      const items = snapshot(given, []).args.map((item) => spread ? [item, "more"] : item);
      const expected = given.map((item) => spread ? [item, "more"] : item);
      table.openBatch(5, { ...header, spread }, items, 5);
      table.openBatch(9, { ...header, attempt: 2 }, [[4]], 5);
      table.openPosted(10);
      for (let from = 0; from < 4; from++) assertEquals(itemsOf(table.batchFrom(5 + from)), expected.slice(from));
      // In any order: concurrent calls may read their items so.
      const batch = table.batchFrom(5)!;
      for (const i of [2, 0, 3, 1, 1]) assertEquals(batch.items.at(i), expected[i]);
      assertEquals([table.batchFrom(9)?.attempt, itemsOf(table.batchFrom(9))], [2, [[4]]]);
      assertEquals(table.batchFrom(10), undefined);
      assert(table.withdraw(6));
      assertEquals([table.batchFrom(6), itemsOf(table.batchFrom(7))], [null, expected.slice(2)]);
      // The next call of a slot is not taken for the withdrawn one.
      table.openBatch(6 + CAPACITY, header, [[9]], 11);
      assertEquals([table.batchFrom(6), itemsOf(table.batchFrom(6 + CAPACITY))], [null, [[9]]]);
    }
  }
});

Deno.test("batches: batchFrom() returns null for a call that is withdrawn while the worker reads its batch", () => {
  const host = new CallTable();
  const worker = new CallTable(host.memory);
  host.openBatch(0, header, [[1], [2]], 0);
  const { read } = BatchRing.prototype;
  BatchRing.prototype.read = function (...args) {
    host.withdraw(0);
    return read.apply(this, args);
  };
  try {
    assertEquals([worker.batchFrom(0), itemsOf(worker.batchFrom(1))], [null, [[2]]]);
  } finally {
    BatchRing.prototype.read = read;
  }
});

Deno.test("batches: a batch stays unchanged until the last of its calls has ended; then its memory is reused", () => {
  const table = new CallTable();
  const big = "x".repeat(50_000);
  const size = 8;
  const open = (seq: number, head: number) =>
    table.openBatch(
      seq,
      { ...header, spread: false },
      Array.from({ length: size }, (_, i) => `${seq + i} ${big}`),
      head,
    );
  let seq = 0;
  while (open(seq, 0)) seq += size;
  assert(seq > 4 * size && seq < 100, String(seq));
  // One call of the first batch has not ended.
  assertEquals(open(seq, size - 1), false);
  for (let at = 0; at < seq; at++) assertEquals(table.batchFrom(at)?.items.at(0), `${at} ${big}`);
  for (let round = 0; round < 50; round++, seq += size) {
    const head = seq - 3 * size;
    assert(open(seq, head));
    for (let at = head; at < seq; at++) assertEquals(table.batchFrom(at)?.items.at(0), `${at} ${big}`);
  }
});

Deno.test("batches: the start time of a withdrawn call does not overwrite the offset of the next batch in its slot", () => {
  const table = new CallTable();
  table.openBatch(0, header, [["first"]], 0);
  assert(table.withdraw(0));
  table.openBatch(CAPACITY, header, [["second"]], 1);
  // The worker read number 0 before the host withdrew it.
  table.recordStart(0, 12345);
  assertEquals(table.start(0), false);
  assertEquals(itemsOf(table.batchFrom(CAPACITY)), [["second"]]);
});
