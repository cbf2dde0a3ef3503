/** A concurrency or buffer that is very large or `Infinity` costs no more than the items there are. */
import { assert, assertEquals } from "@std/assert";
import { inline, limit, Pool, pooled } from "@isopool/isopool";
import { runScript } from "../support/script.ts";
import { test, timed } from "../support/within.ts";
import { runTurns } from "./kit.ts";

async function* countAsync(to: number): AsyncGenerator<number> {
  for (let n = 0; n < to; n++) yield await Promise.resolve(n);
}

for (const concurrency of [1e9, Infinity]) {
  test(`pooled({ concurrency: ${concurrency} }) over three items ends within 1 s`, async () => {
    for (const items of [[0, 1, 2], countAsync(3)]) {
      const { ms, value } = await timed(pooled<number, number>(items, (n) => 2 * n, { concurrency }));
      assertEquals(value, [0, 2, 4]);
      assert(ms < 1_000, `${ms} ms`);
    }
  });

  test(`pooled({ concurrency: ${concurrency} }) over an async input runs all items at a time, one read at a time`, async () => {
    const gate = Promise.withResolvers<void>();
    let active = 0, most = 0;
    const results = pooled(countAsync(500), async (n) => {
      most = Math.max(most, ++active);
      if (active === 500) gate.resolve();
      await gate.promise;
      return n;
    }, { concurrency });
    assertEquals([(await results).length, most], [500, 500]);
  });
}

test("pooled({ concurrency: 10^7 }) over three async items takes less than 100 MB", async () => {
  const { code, stdout, stderr } = await runScript(`
    import { pooled } from "@isopool/isopool";
    async function* three() { for (const n of [1, 2, 3]) yield await Promise.resolve(n); }
    const before = Deno.memoryUsage().rss;
    console.log((await pooled(three(), (n) => 2 * n, { concurrency: 1e7 })).join());
    console.log(Deno.memoryUsage().rss - before < 100e6);
  `);
  assertEquals([code, stdout, stderr], [0, "2,4,6\ntrue\n", ""]);
});

test("pooled({ buffer: Infinity }) reads on without its reader", async () => {
  let read = 0;
  const input = function* () {
    while (read < 2_000) yield read++;
  };
  const results = pooled(input(), (n) => n, { concurrency: 2, buffer: Infinity });
  for (let turns = 0; read < 2_000 && turns < 2_000; turns++) await runTurns(1);
  assertEquals([read, (await results).length], [2_000, 2_000]);
});

test("imap({ buffer: Infinity }) gives all results in order", async () => {
  for (const backend of ["worker", "async"] as const) {
    await using pool = new Pool({ workers: 2, backend });
    const seen: number[] = [];
    const results = pool.imap(inline((n: number) => 2 * n), countAsync(100), { buffer: Infinity });
    for await (const value of results) seen.push(value);
    assertEquals(seen, Array.from({ length: 100 }, (_, n) => 2 * n));
    assertEquals((await pool.imap(inline((n: number) => n), [1, 2], { buffer: Infinity })).length, 2);
  }
});

test("limit(Infinity) lets every call start at once", async () => {
  const run = limit(Infinity);
  const gate = Promise.withResolvers<void>();
  const calls = Array.from({ length: 1_000 }, () => run(() => gate.promise));
  assertEquals([run.active, run.waiting], [1_000, 0]);
  gate.resolve();
  await Promise.all(calls);
});
