/** The asynchronous context in which `pooled()` runs its caller's code. */
import { assertEquals } from "@std/assert";
import { pooled } from "@isopool/isopool/pooled";
import { AsyncLocalStorage } from "node:async_hooks";
import { test } from "../support/within.ts";

for (const input of ["sync", "async"] as const) {
  test(`pooled() runs the function and an ${input} input in the context of its caller, whoever reads the results`, async () => {
    const user = new AsyncLocalStorage<string>();
    const seen: string[] = [];
    const note = (what: string) => void seen.push(`${what}: ${user.getStore()}`);
    function* items() {
      try {
        for (let i = 0; i < 40; i++) {
          note("input");
          yield i;
        }
      } finally {
        note("closed");
      }
    }
    async function* later() {
      yield* items();
    }
    const work = async (n: number) => {
      note("before");
      await Promise.resolve();
      note("after");
      return n;
    };
    const results = user.run(
      "ann",
      () => pooled(input === "sync" ? items() : later(), work, { concurrency: 2, buffer: 2 }),
    );
    const read: number[] = [];
    await user.run("bob", async () => {
      for await (const n of results) {
        assertEquals(user.getStore(), "bob");
        read.push(n);
        if (n === 20) break;
      }
    });
    assertEquals(read.length, 21);
    assertEquals([...new Set(seen)].sort(), ["after: ann", "before: ann", "closed: ann", "input: ann"]);
    const all = user.run("cid", () => pooled([1, 2, 3], work, { concurrency: 1, retry: 1, timeout: 1_000 }));
    seen.length = 0;
    assertEquals(await user.run("dan", async () => await all), [1, 2, 3]);
    assertEquals([...new Set(seen)].sort(), ["after: cid", "before: cid"]);
  });
}
