/** What workers print arrives whole, in order, and before their futures settle. */
import { assert, assertEquals } from "@std/assert";
import { runSlowly } from "../support/run_slowly.ts";
import { test } from "../support/within.ts";
import { assertOrder, HEAD, read } from "./kit.ts";

const SIZE = 100_000;
const LINES = 7;

const ENGINES: Record<string, { options: string; flags: string[] }> = {
  threads: { options: "", flags: ["-A"] },
  processes: { options: `backend: "process",`, flags: ["-A"] },
  "scoped workers": { options: `permissions: "none",`, flags: ["-A", "--unstable-worker-options"] },
};

for (const [engine, { options, flags }] of Object.entries(ENGINES)) {
  test(
    `8 ${engine} print lines of 100 KB on stdout and stderr into one slow pipe: all whole, before the result`,
    async () => {
      const { code, text } = await runSlowly(
        `${HEAD}
      await using pool = new Pool({ workers: 8, ${options} });
      const futures = Array.from({ length: 16 }, (_, task) => pool.submit(print, task, ${LINES}, ${SIZE}));
      for (const future of futures) await future;
      console.log("all");`,
        { flags },
      );
      assertEquals(code, 0, text.slice(-2_000));
      const { lines, rest } = read(text, SIZE);
      assertEquals(rest.map((each) => each.text), ["all"]);
      assertEquals(lines.length, 16 * LINES * 2);
      assertOrder(lines, LINES);
    },
    { deadline: 90_000 },
  );
}

for (const backend of ["worker", "process"]) {
  test(
    `the output of a task comes before what the main thread prints after its future has settled: ${backend}`,
    async () => {
      const { code, text } = await runSlowly(`${HEAD}
    await using pool = new Pool({ workers: 2, backend: "${backend}" });
    await Promise.all([0, 1].map(async (lane) => {
      for (let n = 0; n < 20; n++) {
        const task = 2 * n + lane;
        await pool.submit(print, task, 3, 1_000);
        console.log("<done " + task + ">");
      }
    }));
  `);
      assertEquals(code, 0, text.slice(-2_000));
      const { lines, rest } = read(text, 1_000);
      assertOrder(lines, 3);
      assertEquals(lines.length, 40 * 6);
      assertEquals(rest.length, 40);
      for (const { text, at } of rest) {
        const task = Number(/^<done (\d+)>$/.exec(text)?.[1]);
        const own = lines.filter((line) => line.task === task);
        assertEquals(own.length, 6);
        assert(own.every((line) => line.at < at), `a line of task ${task} comes after its end`);
      }
    },
    { deadline: 60_000 },
  );
}

test("workers of a nested pool share the print lock", async () => {
  const { code, text } = await runSlowly(
    `${HEAD}
    const nest = inline(async (task: number, mod: string, source: string) => {
      const { inline, Pool } = await import(mod);
      const print = inline(new Function("return " + source)());
      await using pool = new Pool({ workers: 2 });
      await Promise.all([pool.submit(print, task, 8, ${SIZE}), pool.submit(print, task + 1, 8, ${SIZE})]);
    });
    await using pool = new Pool({ workers: 2 });
    const source = ${JSON.stringify(/inline\((\(task[^]*?\n\})\);/.exec(HEAD)![1].replaceAll(": number", ""))};
    await Promise.all([pool.submit(nest, 0, MOD, source), pool.submit(nest, 2, MOD, source)]);
    `.replaceAll("MOD", JSON.stringify(new URL("../../mod.ts", import.meta.url).href)),
  );
  assertEquals(code, 0, text.slice(-2_000));
  const { lines, rest } = read(text, SIZE);
  assertEquals(rest, []);
  assertEquals(lines.length, 4 * 16);
  assertOrder(lines, 8);
}, { deadline: 60_000 });

test("a value that prints and throws while it is printed leaves the console usable", async () => {
  const { code, text } = await runSlowly(`${HEAD}
    await using pool = new Pool({ workers: 2 });
    const odd = inline((n: number) => {
      const inspect = Symbol.for("Deno.customInspect");
      console.log("outer", { [inspect]: () => (console.error("inner " + n), "value " + n) });
      try {
        console.log({ [inspect]: () => { throw new Error("bad " + n); } });
      } catch (error) {
        console.log("caught", (error as Error).message);
      }
      console.table([{ n }]);
    });
    await pool.map(odd, [1, 2, 3, 4]);
    console.log("end");
  `);
  assertEquals(code, 0, text);
  for (const n of [1, 2, 3, 4]) {
    assert(text.includes(`inner ${n}\n`) && text.includes(`outer value ${n}\n`), text);
    assert(text.includes(`│     0 │ ${n} │`), text);
  }
  assert(text.endsWith("end\n"), text);
});
