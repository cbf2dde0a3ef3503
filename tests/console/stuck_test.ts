/** Progress while a task keeps the terminal's lock, or while stderr cannot be written: the map neither waits nor fails. */
import { assert, assertEquals } from "@std/assert";
import { onLinux } from "../support/proc.ts";
import { runScript } from "../support/script.ts";
import { hasPty, render, runOnTerminal } from "../support/terminal.ts";
import { test } from "../support/within.ts";
import { literal } from "../support/run_slowly.ts";

/** How long five items of 20 ms on one worker may take, and how long main's loop may stand still, in milliseconds. */
const MAP_BOUND = 3_000;
const LAG_BOUND = 500;

/** Holds the terminal's lock: a value that blocks while it is printed, or a task that takes the lock again and again. */
const HOLDERS = {
  "a stuck print": `(words) => {
    const inspect = Symbol.for("Deno.customInspect");
    console.log({ [inspect]: () => (Atomics.store(words, 0, 1), Atomics.notify(words, 0), Atomics.wait(words, 1, 0)) });
  }`,
  "a hostile task": `(words) => {
    const lock = new Int32Array(globalThis[Symbol.for("isopool.isolate.1")].terminal.memory);
    for (let n = 0; Atomics.load(words, 1) === 0; n++) {
      // An owner that does not exist, and a lock that was handed over to nobody.
      lock[0] = n % 2 ? 0x7777 : 1 << 30;
      lock[1] = n;
      if (n === 0) { Atomics.store(words, 0, 1); Atomics.notify(words, 0); }
    }
  }`,
};

const script = (holder: string) => `
import { inline, Pool } from ${literal("mod.ts")};
const words = new Int32Array(new SharedArrayBuffer(8));
await using pool = new Pool({ workers: 2 });
await pool.ready();
const held = pool.submit(inline(${holder}), words);
await Atomics.waitAsync(words, 0, 0).value;
let last = performance.now(), lag = 0;
const clock = setInterval(() => {
  const now = performance.now();
  lag = Math.max(lag, now - last);
  last = now;
}, 5);
const start = performance.now();
const nap = inline((n) => new Promise((resolve) => setTimeout(resolve, 20, n)));
const results = await pool.map(nap, [0, 1, 2, 3, 4], { progress: true, chunkSize: 1 });
console.log("after the map");
const ms = performance.now() - start;
await new Promise((resolve) => setTimeout(resolve, 10));
clearInterval(clock);
Atomics.store(words, 1, 1);
Atomics.notify(words, 1);
await held;
console.log(JSON.stringify({ results, ms, lag }));
`;

for (const [name, holder] of Object.entries(HOLDERS)) {
  const check = (text: string) => {
    const { results, ms, lag } = JSON.parse(text.trimEnd().split("\n").at(-1)!);
    assertEquals(results, [0, 1, 2, 3, 4]);
    assert(ms < MAP_BOUND, `the map took ${ms} ms`);
    assert(lag < LAG_BOUND, `main stood still for ${lag} ms`);
  };

  test(
    `${name} that keeps the lock does not delay a map with a bar: within ${MAP_BOUND} ms, main never still for ${LAG_BOUND} ms`,
    async () => {
      const { code, text } = await runOnTerminal(script(holder));
      assertEquals(code, 0, text);
      check(text);
      assert(render(text).some((line) => /^\[#+\] 5\/5 100%/.test(line)), text);
    },
    { ignore: hasPty() ? false : "there is no pseudo-terminal" },
  );

  test(`${name} that keeps the lock does not delay a map with lines of progress`, async () => {
    const { code, stdout, stderr } = await runScript(script(holder));
    assertEquals(code, 0, stderr);
    check(stdout);
    assert(/^5\/5 100% .*\n$/.test(stderr), stderr);
  });
}

const BROKEN_STDERR = {
  "is full": `throw new Error("No space left on device (os error 28)")`,
  "does not block and has no room": `throw new Deno.errors.WouldBlock("Resource temporarily unavailable")`,
  "takes nothing": "return 0",
  "takes nonsense": "return NaN",
};
for (const [name, body] of Object.entries(BROKEN_STDERR)) {
  test(`a stderr that ${name} does not fail a map with a bar, and the workers print at once`, async () => {
    const { code, text } = await runOnTerminal(`
      import { inline, Pool } from ${literal("mod.ts")};
      await using pool = new Pool({ workers: 2 });
      await pool.ready();
      let tries = 0;
      Deno.stderr.writeSync = () => { tries++; ${body}; };
      const prints = inline(async (n: number) => {
        const start = performance.now();
        console.log("<log " + n + ">");
        const ms = performance.now() - start;
        await new Promise((resolve) => setTimeout(resolve, 30));
        return ms;
      });
      const times = await pool.map(prints, Array.from({ length: 20 }, (_, n) => n), { progress: true, chunkSize: 1 });
      console.log(JSON.stringify({ longest: Math.max(...times), tries }));
    `);
    assertEquals(code, 0, text);
    assertEquals(text.match(/<log \d+>/g)?.length, 20, text);
    const { longest, tries } = JSON.parse(/\{"longest".*\}/.exec(text)![0]);
    assert(tries > 0 && longest < 1_500, text);
  }, { ignore: hasPty() ? false : "there is no pseudo-terminal" });
}

test("a stderr that is a full disk does not fail a map with lines of progress", async () => {
  const folder = await Deno.makeTempDir({ prefix: "isopool-test-" });
  try {
    await Deno.writeTextFile(
      `${folder}/main.ts`,
      `
      import { inline, Pool, pooled } from ${literal("mod.ts")};
      await using pool = new Pool(2);
      console.log(JSON.stringify(await pool.map(inline((n: number) => n), [1, 2, 3], { progress: true })));
      console.log(JSON.stringify(await pooled([1, 2, 3], (n) => n, { progress: true })));
    `,
    );
    const run =
      `exec ${Deno.execPath()} run -q --no-check --no-lock --import-map=npm.import_map.json -A "$0" 2>/dev/full`;
    const { code, stdout } = await new Deno.Command("sh", {
      args: ["-c", run, `${folder}/main.ts`],
      cwd: new URL("../../", import.meta.url),
      stdin: "null",
    }).output();
    assertEquals([code, new TextDecoder().decode(stdout)], [0, "[1,2,3]\n[1,2,3]\n"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}, { ignore: !onLinux });
