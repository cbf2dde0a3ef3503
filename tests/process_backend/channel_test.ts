/** What a worker process writes when its event loop does not turn, or when the host takes it slowly. */
import { assert, assertEquals } from "@std/assert";
import { Pool, Queue } from "@isopool/isopool";
import { test } from "../support/within.ts";
import { own } from "./kit.ts";

test("progress of a loop that never waits arrives while it runs: 140 reports", async () => {
  const folder = Deno.makeTempDirSync();
  await using pool = new Pool({ backend: "process", workers: 1 });
  const onProgress = (done: number) => {
    if (done >= 140) Deno.writeTextFileSync(`${folder}/seen`, "");
  };
  assert(await pool.submit(own.reportUntil.with({ onProgress }), `${folder}/seen`) >= 140);
  Deno.removeSync(folder, { recursive: true });
});

test("500 requests that were not awaited reach the host before the worker blocks for an answer", async () => {
  await using pool = new Pool({ backend: "process", workers: 1 });
  const numbers = await pool.submit(own.putThenGet, new Queue<number>(), 500);
  assertEquals(numbers, Array.from({ length: 500 }, (_, n) => n));
});

for (const length of [2_000_000, 20_000_000]) {
  test(`a result of ${length} bytes is what the task returned, although it changes the bytes afterwards`, async () => {
    await using pool = new Pool({ backend: "process", workers: 1 });
    const bytes = await pool.submit(own.returnThenChange, length);
    assertEquals([bytes.length, bytes.every((byte) => byte === 1)], [length, true]);
  });
}
