import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { pooled } from "@isopool/isopool";
import { test, until } from "../support/within.ts";
import { outcomeOf, runTurns } from "./kit.ts";

const host = (url: string) => new URL(url).host;

for (const kind of ["array", "async generator"] as const) {
  test(`pooled({ per }): at most 2 items of a host at a time; a busy host does not delay the others (${kind})`, async () => {
    const urls = [
      ...Array.from({ length: 50 }, (_, n) => `http://slow/${n}`),
      ...["b", "c", "d"].map((h) => `http://${h}/`),
    ];
    async function* items() {
      for (const url of urls) yield await Promise.resolve(url);
    }
    const gate = Promise.withResolvers<void>();
    const active = new Map<string, number>();
    let most = 0;
    const ended: string[] = [];
    const load = async (url: string) => {
      const key = host(url);
      const now = (active.get(key) ?? 0) + 1;
      active.set(key, now);
      most = Math.max(most, now);
      if (key === "slow") await gate.promise;
      else await Promise.resolve();
      active.set(key, active.get(key)! - 1);
      ended.push(key);
      return url;
    };
    const results = pooled(kind === "array" ? urls : items(), load, { per: { key: host, limit: 2 }, concurrency: 4 })
      .then();
    await until(() => ended.length === 3, "the other hosts are done while the slow one is busy");
    assertEquals([ended.sort(), active.get("slow")], [["b", "c", "d"], 2]);
    gate.resolve();
    assertEquals(await results, urls);
    assertEquals(most, 2);
  });
}

test("pooled({ per }): no more than `lookahead` items wait for their key", async () => {
  const gate = Promise.withResolvers<void>();
  let read = 0;
  function* items() {
    for (; read < 100; read++) yield `http://slow/${read}`;
  }
  const load = async (url: string) => (await gate.promise, url);
  const results = pooled(items(), load, { per: { key: host, limit: 1, lookahead: 5 }, concurrency: 8 }).then();
  // One runs, five wait. The generator counts an item when the next one is asked for.
  await until(() => read >= 5, "the input is read ahead");
  await runTurns();
  assert(read === 5, `${read} items were read`);
  gate.resolve();
  assertEquals((await results).length, 100);
});

test("pooled({ per }): failures, aborts and keys that throw end the run as without it", async () => {
  const boom = new Error("boom");
  const urls = Array.from({ length: 20 }, (_, n) => `http://a/${n}`);
  const per = { key: host, limit: 1 };
  assertEquals(await outcomeOf(pooled(urls, () => Promise.reject(boom), { per })), boom);
  const outcomes = await pooled(["no url", ...urls], (url) => url, {
    per,
    onError: "settle",
    retry: 1,
    timeout: 60_000,
  });
  assertEquals(outcomes.map(({ status }) => status[0]).join(""), `r${"f".repeat(20)}`);
  const controller = new AbortController();
  const run = pooled(urls, () => controller.abort("enough"), { per, signal: controller.signal });
  assertEquals(await outcomeOf(run), "enough");
});

Deno.test("pooled({ per }): bad values are refused at the call", () => {
  const refuses = (per: unknown, text: RegExp) => {
    assertMatch(assertThrows(() => pooled([1], (n) => n, { per } as never), Error).message, text);
  };
  refuses(4, /`per` is 4: it takes an object with `key` and `limit`/);
  refuses({ limit: 4 }, /`per.key` is undefined/);
  refuses({ key: String }, /`per.limit` is undefined/);
  refuses({ key: String, limit: 0 }, /`per.limit` is 0/);
  refuses({ key: String, limit: 1, lookahead: 0 }, /`per.lookahead` is 0/);
});
