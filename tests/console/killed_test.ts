/** Workers that end in the middle of printing: by force, by themselves; and what it does to the others. */
import { assert, assertEquals } from "@std/assert";
import { literal, runSlowly } from "../support/run_slowly.ts";
import { test } from "../support/within.ts";
import { assertOrder, HEAD, read } from "./kit.ts";
import { rounds } from "../support/rounds.ts";

const SIZE = 100_000;

const ENDLESS = `
const endless = inline((task: number, size: number) => {
  const fill = String(task % 10).repeat(size);
  for (let n = 0;; n++) {
    console.log("<out " + task + " " + n + " " + fill + ">");
    console.error("<err " + task + " " + n + " " + fill + ">");
  }
});
`;

test("a timeout during a print tears no line but the last of its own task", async () => {
  const { code, text } = await runSlowly(`${HEAD}${ENDLESS}
    const pool = new Pool({ workers: 4, killGrace: 10 });
    const prints = Array.from({ length: 9 }, (_, n) => pool.submit(print, 10 + n, 5, ${SIZE}));
    const stopped = [0, 1, 2].map((n) => pool.submit(endless.with({ timeout: 150 }), n, ${SIZE}).exception());
    const errors = await Promise.all(stopped);
    await Promise.all(prints);
    await pool.close();
    console.log("all " + errors.map((error) => error.name));
  `);
  assertEquals(code, 0, text.slice(-2_000));
  const { lines, rest } = read(text, SIZE);
  assertEquals(rest.at(-1)?.text, "all TaskTimeoutError,TaskTimeoutError,TaskTimeoutError");
  assert(rest.length <= 4, `more was torn than three last lines: ${Deno.inspect(rest)}`);
  const good = lines.filter(({ task }) => task >= 10);
  assertEquals(good.length, 9 * 10);
  assertOrder(good, 5);
  const killed = lines.filter(({ task }) => task < 10);
  assert(killed.length > 0, "the killed tasks printed nothing");
  assertOrder(killed);
  for (const { text } of rest.slice(0, -1)) assert(/[012]{10}/.test(text), `torn: ${text}`);
}, { deadline: 90_000 });

test("the output of a task before Deno.exit() arrives whole", async () => {
  const { code, text } = await runSlowly(`${HEAD}
    const leaves = inline((task: number, size: number) => {
      const fill = String(task % 10).repeat(size);
      for (let n = 0; n < 3; n++) {
        console.log("<out " + task + " " + n + " " + fill + ">");
        console.error("<err " + task + " " + n + " " + fill + ">");
      }
      Deno.exit(0);
    });
    await using pool = new Pool({ workers: 4 });
    const prints = Array.from({ length: 8 }, (_, n) => pool.submit(print, 10 + n, 3, ${SIZE}));
    const errors = await Promise.all([0, 1, 2, 3].map((n) => pool.submit(leaves, n, ${SIZE}).exception()));
    await Promise.all(prints);
    console.log("all " + errors.map((error) => error.name));
  `);
  assertEquals(code, 0, text.slice(-2_000));
  const { lines, rest } = read(text, SIZE);
  assertEquals(rest.map((each) => each.text), [`all ${new Array(4).fill("WorkerCrashedError")}`]);
  assertEquals(lines.length, 12 * 6);
  assertOrder(lines, 3);
}, { deadline: 60_000 });

const KILLS = rounds(20, 100);

for (const how of ["timeout", "terminate()"]) {
  test(
    `${KILLS} kills by ${how} of tasks that print without end: no other print waits long for a dead holder`,
    async () => {
      const { code, text } = await runSlowly(
        `${HEAD}${ENDLESS}
      import { until } from ${literal("tests/support/within.ts")};
      // Prints until the words say stop; returns the longest print in milliseconds, and their number.
      const steady = inline((words: Int32Array) => {
        let longest = 0, count = 0;
        while (Atomics.load(words, 0) === 0) {
          const start = performance.now();
          console.log("steady");
          longest = Math.max(longest, performance.now() - start);
          count++;
          Atomics.wait(words, 1, 0, 5);
        }
        return { longest, count };
      });
      const words = new Int32Array(new SharedArrayBuffer(8));
      await using pool = new Pool({ workers: 1 });
      const watch = pool.submit(steady, words);
      for (let kill = 0; kill < ${KILLS / 2}; kill++) {
        await using doomed = new Pool({ workers: 2, killGrace: 1 });
        const task = ${how === "timeout"} ? endless.with({ timeout: 5 + kill % 7 }) : endless;
        const futures = [0, 1].map((n) => doomed.submit(task, n, 3000).then(() => {}, () => {}));
        if (${how !== "timeout"}) {
          await until(() => doomed.stats().tasks.active === 2, "both run");
          await doomed.terminate();
        }
        await Promise.all(futures);
      }
      Atomics.store(words, 0, 1);
      console.log(JSON.stringify(await watch));
    `,
        { deadline: 100_000, delay: 0 },
      );
      assertEquals(code, 0, text.slice(-2_000));
      const { longest, count } = JSON.parse(text.trimEnd().split("\n").at(-1)!);
      assert(count > KILLS, `${count} prints were measured`);
      // A waiter steals the lock of a dead holder after 2 s, unless the host has released it before.
      assert(longest < 1_500, `one print took ${longest} ms`);
    },
    { deadline: 120_000 },
  );
}
