import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { Pool } from "@isopool/isopool";
import { Running, TASK } from "../support/signalled.ts";
import { test } from "../support/within.ts";

const onWindows = Deno.build.os === "windows" && "signals of Windows are other ones";

const scripts = [
  { what: "an awaited map", code: 130, run: `await pool.map(task, items());` },
  {
    what: "a loop over a lazy map",
    code: 130,
    run: `for await (const n of pool.imap(task, items())) console.log("got " + n);`,
  },
  {
    what: "calls",
    code: 130,
    run: `await Promise.all(Array.from(items().take(20), (item) => pool.submit(task, item)));`,
  },
  {
    what: "a script that catches the error and cleans up",
    code: 130,
    run: `try { await pool.map(task, items()); } catch (error) {
      console.log(error instanceof CancelledError, error.message);
      await new Promise((resolve) => setTimeout(resolve, 50));
      console.log("clean");
    }`,
  },
];
for (const { what, code, run } of scripts) {
  test(
    `drainOn("SIGINT"): ${what}: what runs is finished, nothing else starts, exit code ${code}, nothing on stderr`,
    async () => {
      await using script = await Running.start(`${TASK}
      await using pool = new Pool(2);
      pool.drainOn("SIGINT");
      Deno.addSignalListener("SIGINT", () => setTimeout(open, 100));
      ${run}
    `);
      await script.printed("start", 2);
      script.kill("SIGINT");
      const { code: actual, signal, stderr } = await script.ended();
      assertEquals([actual, signal, stderr], [code, null, ""]);
      const count = (line: string) => script.lines.filter((each) => each === line).length;
      // Both calls that ran have ended, and no other has started.
      assertEquals([count("start"), count("end"), count("signal")], [2, 2, 1], String(script.lines));
      if (what.includes("loop")) {
        assertEquals(script.lines.filter((line) => line.startsWith("got ")), ["got 0", "got 1"]);
      }
      if (what.includes("clean")) {
        assert(script.lines.includes("true Task was cancelled: pool got SIGINT and drains"), String(script.lines));
        assert(script.lines.includes("clean"));
      }
    },
    { ignore: onWindows, deadline: 60_000 },
  );
}

test('drainOn("SIGINT"): a checkpoint is whole, and the next run does the rest', async () => {
  const folder = await Deno.makeTempDir({ prefix: "isopool-test-" });
  const file = `${folder}/run.jsonl`;
  const source = `
    const task = inline(async (n) => {
      console.log("start");
      await new Promise((resolve) => setTimeout(resolve, 100));
      return n * 2;
    });
    await using pool = new Pool(2);
    pool.drainOn("SIGINT");
    const items = Array.from({ length: 30 }, (_, n) => n);
    const doubled = await pool.map(task, items, { checkpoint: ${JSON.stringify(file)} });
    console.log(JSON.stringify(doubled));
  `;
  try {
    await using first = await Running.start(source);
    await first.printed("start", 5);
    first.kill("SIGINT");
    assertEquals((await first.ended()).code, 130);
    const started = first.lines.length;
    const recorded = (await Deno.readTextFile(file)).trimEnd().split("\n").map((line) => JSON.parse(line));
    // Each call that has started is recorded.
    assertEquals(recorded.filter((line) => "item" in line).length, started);
    await using second = await Running.start(source);
    assertEquals((await second.ended()).code, 0);
    assertEquals(JSON.parse(second.lines.at(-1)!), Array.from({ length: 30 }, (_, n) => 2 * n));
    assertEquals(second.lines.length - 1, 30 - started);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}, { ignore: onWindows, deadline: 60_000 });

test('drainOn("SIGINT"): the second signal ends the script at once, with exit code 130, whatever runs', async () => {
  await using script = await Running.start(`${TASK}
    const spin = inline((_) => { console.log("start"); for (;;); });
    await using pool = new Pool(1);
    pool.drainOn("SIGINT");
    await pool.map(spin, items());
  `);
  await script.printed("start");
  script.kill("SIGINT");
  await script.printed("signal");
  script.kill("SIGINT");
  const { code, signal, stderr } = await script.ended();
  assertEquals([code, signal, stderr], [130, null, ""]);
}, { ignore: onWindows, deadline: 60_000 });

test("drainOn(): after the pool's end the signal has its usual effect, and the script ends by itself", async () => {
  await using script = await Running.start(`
    { await using pool = new Pool(1); pool.drainOn("SIGINT"); await pool.submit(inline(() => 1)); }
    console.log("start");
    setTimeout(() => {}, 60_000);
  `);
  await script.printed("start");
  script.kill("SIGINT");
  assertEquals((await script.ended()).signal, "SIGINT");
  await using idle = await Running.start(`const pool = new Pool(1); pool.drainOn("SIGTERM"); await pool.ready();`);
  assertEquals((await idle.ended()).code, 0);
}, { ignore: onWindows, deadline: 60_000 });

test('drainOn("SIGTERM"): two pools drain, and the exit code is 143', async () => {
  await using script = await Running.start(`${TASK}
    await using one = new Pool(1);
    await using other = new Pool({ backend: "process", workers: 1 });
    for (const pool of [one, other]) pool.drainOn("SIGTERM");
    Deno.addSignalListener("SIGTERM", () => setTimeout(open, 50));
    const slow = inline(async (ms) => {
      console.log("slow");
      await new Promise((resolve) => setTimeout(resolve, ms));
      console.log("done");
    });
    const endless = function* () { for (;;) yield 500; };
    await Promise.all([one.map(task, items()), other.map(slow, endless())]);
  `);
  await script.printed("start");
  await script.printed("slow");
  script.kill("SIGTERM");
  const { code, stderr } = await script.ended();
  assertEquals([code, stderr], [143, ""]);
  assert(script.lines.includes("end") && script.lines.at(-1) === "done", String(script.lines));
}, { ignore: onWindows, deadline: 60_000 });

const AFTER_DRAIN = `${TASK}
  const pool = new Pool(2);
  pool.drainOn("SIGINT");
  Deno.addSignalListener("SIGINT", open);
  await pool.map(task, items()).catch(() => {});
  await pool.join();
`;
const later = [
  {
    what: "a call that the script cancels",
    run: `const call = new Pool(1).submit(task, {}); call.cancel(); await call;`,
  },
  {
    what: "another pool that is closed",
    run: `const other = new Pool(1); other.close(); await other.submit(task, {});`,
  },
];
for (const { what, run } of later) {
  test(`drainOn("SIGINT"): a later error that is not caught is a failure: ${what}`, async () => {
    await using script = await Running.start(AFTER_DRAIN + run);
    await script.printed("start", 2);
    script.kill("SIGINT");
    const { code, stderr } = await script.ended();
    assertEquals(code, 1);
    assertStringIncludes(stderr, "Error: ");
  }, { ignore: onWindows, deadline: 60_000 });
}

test(
  'drainOn("SIGINT"): a script that goes on with the pool, or with an unread stream, ends with exit code 130',
  async () => {
    await using closed = await Running.start(`${AFTER_DRAIN} await pool.submit(task, {});`);
    await using unread = await Running.start(`${TASK}
    const pool = new Pool(1);
    pool.drainOn("SIGINT");
    const endless = inline(function* () { console.log("start"); for (;;) yield 1; });
    const reader = pool.stream(endless)[Symbol.asyncIterator]();
    await reader.next();
    setTimeout(() => {}, 60_000);
    await new Promise((resolve) => Deno.addSignalListener("SIGINT", resolve));
    for (;;) await reader.next();
  `);
    for (const script of [closed, unread]) {
      await script.printed("start");
      script.kill("SIGINT");
      const { code, stderr } = await script.ended();
      assertEquals([code, stderr], [130, ""]);
    }
  },
  { ignore: onWindows, deadline: 60_000 },
);

test("drainOn(): a bad signal is refused, and a closed pool refuses", async () => {
  const pool = new Pool({ backend: "async" });
  assertThrows(
    () => pool.drainOn("SIGKILL" as never),
    RangeError,
    '`signal` is "SIGKILL": it takes "SIGINT" | "SIGTERM"',
  );
  assertThrows(() => pool.drainOn(2 as never), TypeError, "`signal` is 2");
  await pool.shutdown();
  assertThrows(() => pool.drainOn("SIGINT"), Error, "pool is closed");
});
