/**
 * After a kill no core is busy, and the script ends. These tests need a process of their own: `deno test --parallel` runs
 * its files as threads of one process, whose CPU time is that of all files together.
 */
import { assert, assertEquals } from "@std/assert";
import { onLinux } from "../support/proc.ts";
import { fixture, runScript } from "../support/script.ts";
import { test } from "../support/within.ts";

const support = (name: string) => new URL(`../support/${name}`, import.meta.url).href;

const HEAD = `
import { Pool, tasks } from "@isopool/isopool";
import { Gate } from ${JSON.stringify(support("gate.ts"))};
import { load, threads, threadCount } from ${JSON.stringify(support("proc.ts"))};
import { until } from ${JSON.stringify(support("within.ts"))};
const runaway = tasks(${JSON.stringify(fixture("runaway.ts"))});
const values = tasks(${JSON.stringify(fixture("values.ts"))});
const gate = new Gate();
`;

/** Minimum share of a core at which the process counts as busy. A task that spins uses 1. */
const BUSY = 0.3;

const WAYS: Record<string, string> = {
  // Loading the task counts as running: a cold worker could be stopped before the task has entered.
  "a timeout": `
    await pool.submit(values.double, 1);
    await pool.submit(task.with({ timeout: 1_000 }), gate.words).exception();`,
  "a signal": `
    const controller = new AbortController();
    const future = pool.submit(task.with({ signal: controller.signal }), gate.words);
    await gate.entered();
    controller.abort();
    await future.then(() => {}, () => {});`,
  "cancel()": `
    const future = pool.submit(task, gate.words);
    await gate.entered();
    future.cancel();
    await future.then(() => {}, () => {});`,
  "terminate()": `
    const future = pool.submit(task, gate.words);
    await gate.entered();
    await pool.terminate();
    await future.then(() => {}, () => {});`,
};

for (const kind of ["spin", "catchingSpin", "atomicsWait"]) {
  for (const [way, stop] of Object.entries(WAYS)) {
    test(
      `after ${kind} was stopped by ${way}, its core is idle and the script ends by itself with code 0`,
      async () => {
        const { code, stdout, stderr, late } = await runScript(`${HEAD}
        const pool = new Pool({ workers: 1, killGrace: 50 });
        const task = runaway.${kind};
        ${stop}
        const thread = gate.read("THREAD");
        await until(() => !threads().has(thread), "the thread is gone", 5_000);
        console.log(JSON.stringify({ entered: gate.count, load: await load(500) }));
      `);
        assertEquals([code, late, stderr], [0, false, ""]);
        const { entered, load } = JSON.parse(stdout);
        assertEquals(entered, 1);
        assert(load < BUSY, `the process uses ${load} of a core after the kill`);
      },
      { ignore: !onLinux, deadline: 40_000 },
    );
  }
}

test("the measurement detects a loop that is not stopped", async () => {
  const { stdout, code } = await runScript(`${HEAD}
    const pool = new Pool({ workers: 1 });
    pool.submit(runaway.spin, gate.words).catch(() => {});
    await gate.entered();
    console.log(await load(500));
    await pool.terminate();
  `);
  assertEquals(code, 0);
  assert(Number(stdout) > BUSY, `a spinning task showed as a load of ${stdout}`);
}, { ignore: !onLinux });

test("40 kills leave no thread behind", async () => {
  const { code, stdout, stderr } = await runScript(
    `${HEAD}
    const pool = new Pool({ workers: 2, killGrace: 10 });
    await pool.ready();
    const before = threadCount();
    let stopped = 0;
    for (let round = 0; round < 20; round++) {
      // Loading counts as running, so a call may be stopped before its loop begins.
      const ends = [1, 2].map(() => pool.submit(runaway.spin.with({ timeout: 50 }), gate.words).exception());
      for (const { name } of await Promise.all(ends)) if (name === "TaskTimeoutError") stopped++;
    }
    await pool.ready();
    const gone = () => "the threads are gone: " + threadCount() + " of " + before;
    await until(() => threadCount() <= before + 2, gone, 10_000);
    console.log(stopped, await pool.submit(values.double, 4));
  `,
    { deadline: 50_000 },
  );
  assertEquals([code, stderr, stdout], [0, "", "40 8\n"]);
}, { ignore: !onLinux, deadline: 60_000 });
