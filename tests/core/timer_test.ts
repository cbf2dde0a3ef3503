/** The library's timers are the runtime's own, whatever a script or a task does with those of `globalThis`. */
import { assertEquals } from "@std/assert";
import { runScript } from "../support/script.ts";
import { test } from "../support/within.ts";

/** Replaces the timers of `globalThis` as `FakeTime` of `@std/testing` does: they return numbers, and time stands still. */
const FAKE_TIMERS = `
  let lastId = 0;
  const fake = () => ++lastId;
  Object.assign(globalThis, {
    setTimeout: fake,
    setInterval: fake,
    setImmediate: fake,
    queueMicrotask: () => {},
    clearTimeout: () => {},
    clearInterval: () => {},
  });
`;

test(
  "with timers of globalThis that return numbers and never fire, pools, pooled(), limit() and waits work",
  async () => {
    const { code, stdout, late } = await runScript(
      `
    import { inline, limit, Lock, Pool, pooled, Queue, wait } from "@isopool/isopool";
    ${FAKE_TIMERS}
    const name = (error) => error.name;
    const report = (...parts) => console.log(...parts);
    const never = inline((gate) => gate.acquire().then(() => {}));
    const double = inline((n) => 2 * n);
    for (const backend of ["worker", "async"]) {
      await using pool = new Pool({ workers: 2, backend, killGrace: 10, idleTimeout: 5, minWorkers: 0 });
      report(backend, await pool.map(double, [1, 2, 3], { timeout: 60_000 }));
      const gate = new Lock();
      using _held = gate.tryAcquire();
      const late = pool.submit(never.with({ timeout: 20 }), gate);
      report((await wait([late], { timeout: 1 })).notDone.size, await late.catch(name));
      const fails = inline(() => { throw new RangeError("again"); });
      report(await pool.submit(fails.with({ retry: { maxAttempts: 2, minTimeout: 5 } })).catch(name));
    }
    const isNever = () => new Promise(() => {});
    report(await pooled([1], isNever, { timeout: 10 }).catch(name));
    const run = limit({ concurrency: 2, rate: { limit: 1, interval: 20 } });
    report(await Promise.all([run(() => 1), run(() => 2)]));
    report(await new Queue().get({ timeout: 10 }).catch(name));
    const lock = new Lock();
    using guard = await lock.acquire();
    report(await lock.acquire({ timeout: 10 }).catch(name));
  `,
      { deadline: 30_000 },
    );
    // stderr says that the one task of backend "async" was given up, which is right.
    assertEquals([code, late], [0, false], stdout);
    assertEquals(stdout.split("\n"), [
      "worker [ 2, 4, 6 ]",
      "1 TaskTimeoutError",
      "RangeError",
      "async [ 2, 4, 6 ]",
      "1 TaskTimeoutError",
      "RangeError",
      "TaskTimeoutError",
      "[ 1, 2 ]",
      "WaitTimeoutError",
      "WaitTimeoutError",
      "",
    ]);
  },
  { deadline: 40_000 },
);

test(
  "a task that replaces the timers of its worker does not stop the worker's locks, memory limit and calls",
  async () => {
    const { code, stdout, stderr, late } = await runScript(
      `
    import { inline, Lock, Pool } from "@isopool/isopool";
    await using pool = new Pool({ workers: 1, memoryLimit: 256 * 2 ** 20 });
    await pool.submit(inline(() => { ${FAKE_TIMERS} }));
    const double = inline((n) => 2 * n);
    console.log(await pool.map(double, [1, 2, 3]));
    const lock = new Lock();
    using guard = await lock.acquire();
    const takes = inline((lock) => lock.acquire({ timeout: 10 }).catch((error) => error.name));
    console.log(await pool.submit(takes, lock));
  `,
      { deadline: 30_000 },
    );
    assertEquals([code, late, stderr, stdout], [0, false, "", "[ 2, 4, 6 ]\nWaitTimeoutError\n"]);
  },
  { deadline: 40_000 },
);

Deno.test("no file of lib/ or workers/ but lib/core/timer.ts uses the timers of globalThis or of node:timers", async () => {
  const root = new URL("../../", import.meta.url);
  const wrong: string[] = [];
  let usesOfTimer = 0;
  for (const file of [...await sources(root, "lib"), ...await sources(root, "workers")]) {
    // The watchdog's timer is in the text of another thread, which no program can change.
    if (file === "lib/core/timer.ts" || file === "workers/process_watchdog.ts") continue;
    const text = await Deno.readTextFile(new URL(file, root));
    const code = text.replace(/\/\*.*?\*\//gs, "").replace(/^\s*\/\/.*$/gm, "");
    const imported = /import \{([^}]*)\} from "[./]*(?:lib\/)?(?:core\/)?timer\.ts";/.exec(code)?.[1].split(/[\s,]+/) ??
      [];
    if (/"(node:)?timers/.test(code)) wrong.push(`${file}: node:timers`);
    // A call or a reference by its plain name; a property or a method of that name is another function.
    const plain =
      /(?<![.\w"#])(set(?:Timeout|Interval|Immediate)|clear(?:Timeout|Interval)|queueMicrotask)\b(?!\??:|\(\w*:|\(\)\s*[:{])/g;
    for (const [, name] of code.replace(/^import [^;]*;/gm, "").matchAll(plain)) {
      if (imported.includes(name)) usesOfTimer++;
      else wrong.push(`${file}: ${name}`);
    }
    const global = /globalThis\.(?:set(?:Timeout|Interval|Immediate)|clear(?:Timeout|Interval)|queueMicrotask)\(/.exec(
      code,
    );
    if (global) wrong.push(`${file}: ${global[0]}`);
  }
  assertEquals([wrong, usesOfTimer > 30], [[], true]);
});

async function sources(root: URL, folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(`${folder}/`, root))) {
    if (isDirectory) found.push(...await sources(root, `${folder}/${name}`));
    else if (name.endsWith(".ts")) found.push(`${folder}/${name}`);
  }
  return found;
}
