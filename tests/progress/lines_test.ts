/** `progress: true` where stderr is no terminal. */
import { assert, assertEquals } from "@std/assert";
import { runScript } from "../support/script.ts";
import { test } from "../support/within.ts";

test("without a terminal, a short map writes one line, with no control characters", async () => {
  const { code, stdout, stderr } = await runScript(`
    import { inline, Pool, pooled } from "@isopool/isopool";
    await using pool = new Pool(2);
    await pool.map(inline((n: number) => n), Array.from({ length: 500 }, (_, n) => n), { progress: true });
    await pooled([1, 2, 3].values(), (n) => n, { progress: true, label: "numbers" });
    console.log("done");
  `);
  assertEquals([code, stdout], [0, "done\n"]);
  const lines = stderr.split("\n");
  assertEquals(lines.length, 3, stderr);
  assert(/^500\/500 100% [\d.]+k?\/s 0:0\d$/.test(lines[0]), lines[0]);
  assert(/^numbers 3 [\d.]+[kM]?\/s 0:0\d$/.test(lines[1]), lines[1]);
});

test("without a terminal, a long map writes a line every 5 s and a last one", async () => {
  const { code, stderr } = await runScript(`
    import { pooled } from "@isopool/isopool";
    const nap = () => new Promise((resolve) => setTimeout(resolve, 100));
    await pooled(Array.from({ length: 64 }), nap, { concurrency: 1, progress: true });
  `);
  assertEquals(code, 0);
  const lines = stderr.trimEnd().split("\n");
  assert(lines.length >= 2, stderr);
  assert(/^\d\d\/64 \d\d% [\d.]+\/s ETA 0:\d\d$/.test(lines[0]), lines[0]);
  assert(/^64\/64 100% [\d.]+\/s 0:\d\d$/.test(lines.at(-1)!), stderr);
}, { deadline: 40_000 });

test("progress in a worker is shown as lines", async () => {
  const { code, stderr } = await runScript(`
    import { inline, Pool } from "@isopool/isopool";
    const nested = inline(async (mod: string) => {
      const { pooled } = await import(mod);
      await pooled([1, 2], (n: number) => n, { progress: true });
    });
    await using pool = new Pool(1);
    await pool.submit(nested, ${JSON.stringify(new URL("../../mod.ts", import.meta.url).href)});
  `);
  assertEquals(code, 0, stderr);
  assert(/^2\/2 100% [\d.]+[kM]?\/s 0:0\d\n$/.test(stderr), stderr);
});
