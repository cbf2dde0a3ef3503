import { assertEquals } from "@std/assert";
import { inline, Pool } from "@isopool/isopool";
import { gated } from "../fixtures/views.ts";
import { Gate, type GateWords } from "../support/gate.ts";
import { until } from "../support/within.ts";

Deno.test("an asynchronous input of short items is read far ahead (1,000 items) while the worker is held", async () => {
  await using gate = new Gate();
  const keep = inline((words: GateWords) => void ((globalThis as unknown as { gate: GateWords }).gate = words));
  await using pool = new Pool({ workers: 1, initializer: keep, initArgs: [gate.words] });
  // Holds at item 10,000, when the pool has measured that the items are short.
  const holdOnce = inline(async (n: number) => {
    const { gate } = globalThis as unknown as { gate: GateWords };
    const isOpen = () => Atomics.load(gate, 1) === 1;
    if (n === 10_000) { while (!isOpen()) await new Promise((resolve) => setTimeout(resolve, 2)); }
    return n;
  });
  let read = 0;
  async function* items() {
    while (read < 20_000) {
      await undefined;
      yield read++;
    }
  }
  let done = 0;
  const reader = (async () => {
    for await (const n of pool.imap(holdOnce, items(), { buffer: 5_000 })) assertEquals(n, done++);
  })();
  try {
    await until(() => done === 10_000, () => `the worker is held (${done} are done)`);
    await until(() => read >= 11_000, () => `1,000 more are read (${read} are)`);
  } finally {
    gate.open();
    await reader;
  }
  assertEquals(done, 20_000);
});

Deno.test("an asynchronous input of long items is read two items ahead of each worker", async () => {
  await using gate = new Gate();
  await using pool = new Pool(2);
  let read = 0;
  async function* items() {
    for (;;) {
      await undefined;
      read++;
      yield gate.words;
    }
  }
  const results = pool.imap(gated.hold, items(), { buffer: 5_000 });
  const reader = results[Symbol.asyncIterator]();
  const first = reader.next();
  await gate.entered(2);
  await until(() => read === 6, () => `6 items are read (${read} are)`);
  gate.open();
  await first;
  await reader.return?.();
});
