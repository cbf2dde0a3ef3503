import { assert, assertEquals } from "@std/assert";
import { onLinux } from "../support/proc.ts";
import { fixture, runScript } from "../support/script.ts";
import { rounds } from "../support/rounds.ts";
import { test } from "../support/within.ts";

const HEAD = `
import { Pool, tasks } from "@isopool/isopool";
const values = tasks(${JSON.stringify(fixture("values.ts"))});
const gated = tasks(${JSON.stringify(fixture("gated.ts"))});
const slow = values.slowFirst;
`;
const support = (name: string) => JSON.stringify(new URL(`../support/${name}`, import.meta.url).href);

for (const backend of ["worker", "async"]) {
  const make = (workers: number) => `new Pool({ backend: "${backend}", workers: ${workers} })`;

  test(`${backend}: an idle pool that was never closed does not keep the script alive`, async () => {
    const { code, stdout, stderr, late } = await runScript(`${HEAD}
      const pool = ${make(2)};
      console.log(await pool.submit(values.double, 4), await pool.map(values.double, [1, 2]));
      const unused = ${make(2)};
    `);
    assertEquals([code, late, stdout, stderr], [0, false, "8 [ 2, 4 ]\n", ""]);
  });

  test(`${backend}: a pool whose workers were started and never used does not keep the script alive`, async () => {
    const { code, late, stdout } = await runScript(`${HEAD}
      const pool = await ${make(2)}.ready();
      console.log(pool.workerIds.length);
    `);
    assertEquals([code, late, stdout], [0, false, "2\n"]);
  });

  test(`${backend}: running and waiting tasks keep the script alive; forgotten futures complete`, async () => {
    const { code, stdout, stderr } = await runScript(`${HEAD}
      const pool = ${make(5)};
      const done = new Int32Array(new SharedArrayBuffer(4 * 16));
      for (let n = 0; n < 8; n++) pool.submit(slow, 0).addDoneCallback(() => pool.submit(values.note, done, n));
      globalThis.addEventListener("unload", () => console.log("done", done[0]));
    `);
    assertEquals([code, stdout, stderr], [0, "done 8\n", ""]);
  });

  test(`${backend}: fire and forget on 5 workers: 8 tasks with unread futures all run`, async () => {
    const { code, stdout, stderr } = await runScript(`${HEAD}
      const pool = ${make(5)};
      const done = new Int32Array(new SharedArrayBuffer(4 * 16));
      for (let n = 0; n < 8; n++) pool.submit(values.note, done, n);
      globalThis.addEventListener("unload", () => console.log("done", done[0]));
    `);
    assertEquals([code, stdout, stderr], [0, "done 8\n", ""]);
  });

  test(`${backend}: an unread map completes`, async () => {
    const { code, stdout, stderr } = await runScript(`${HEAD}
      const pool = ${make(2)};
      const done = new Int32Array(new SharedArrayBuffer(4 * 32));
      pool.starmap(values.note, Array.from({ length: 20 }, (_, n) => [done, n]));
      globalThis.addEventListener("unload", () => console.log("done", done[0]));
    `);
    assertEquals([code, stdout, stderr], [0, "done 20\n", ""]);
  });

  for (const [how, end] of [["closed", "await pool[Symbol.asyncDispose]();"], ["never closed", ""]]) {
    test(`${backend}: a forgotten failure of a pool that is ${how} is reported, and the exit code is 1`, async () => {
      const { code, stdout, stderr, late } = await runScript(`${HEAD}
        const pool = ${make(2)};
        pool.submit(values.failOdd, 1);
        pool.submit(values.double, 1).addDoneCallback(() => console.log("went on"));
        ${end}
      `);
      assertEquals([code, late], [1, false]);
      assert(stderr.includes("odd: 1"), stderr);
      assertEquals(stdout, "went on\n");
    });
  }

  test(`${backend}: a failure that was observed late is not reported`, async () => {
    const { code, stdout, stderr } = await runScript(`${HEAD}
      const pool = ${make(2)};
      const futures = [1, 3, 5].map((n) => pool.submit(values.failOdd, n));
      await pool.submit(slow, 0);
      for (const future of futures) try { await future; } catch (error) { console.log(error.message); }
    `);
    assertEquals([code, stdout, stderr], [0, "odd: 1\nodd: 3\nodd: 5\n", ""]);
  });

  test(`${backend}: an unread cancelled future is not reported`, async () => {
    const { code, stderr } = await runScript(`${HEAD}
      const pool = ${make(1)};
      pool.submit(slow, 0);
      pool.submit(slow, 0).cancel();
    `);
    assertEquals([code, stderr], [0, ""]);
  });

  test(`${backend}: a done callback that throws is reported and the rest still run`, async () => {
    const { code, stdout, stderr } = await runScript(`${HEAD}
      globalThis.addEventListener("error", (event) => {
        event.preventDefault();
        console.log("reported", event.error.message);
      });
      const pool = ${make(1)};
      const future = pool.submit(values.double, 1);
      future.addDoneCallback(() => { throw new Error("from a callback"); });
      future.addDoneCallback(() => console.log("the next one"));
      console.log(await future);
      await pool.submit(values.double, 1);
      console.log("went on");
    `);
    assertEquals([code, stderr], [0, ""]);
    assertEquals(stdout.trim().split("\n").sort(), ["2", "reported from a callback", "the next one", "went on"]);
  });
}

test("a script that throws with tasks running ends at once with code 1", async () => {
  const { code, late, stderr } = await runScript(`${HEAD}
    import { Gate } from ${support("gate.ts")};
    const gate = new Gate();
    const pool = new Pool(1);
    pool.submit(gated.hold, gate.words);
    await gate.entered();
    throw new Error("the script failed");
  `);
  assertEquals([code, late], [1, false]);
  assert(stderr.includes("the script failed"), stderr);
});

test("Deno.exit() with a task that spins ends the script with its code", async () => {
  const { code, late } = await runScript(`
    import { Pool, tasks } from "@isopool/isopool";
    import { Gate } from ${support("gate.ts")};
    const runaway = tasks(${JSON.stringify(fixture("runaway.ts"))});
    const gate = new Gate();
    const pool = new Pool(1);
    pool.submit(runaway.spin, gate.words);
    await gate.entered();
    Deno.exit(5);
  `);
  assertEquals([code, late], [5, false]);
});

const POOLS = rounds(15, 50);

test(`after ${POOLS} pools were created, used and closed the thread count is back at its base line`, async () => {
  const { code, stdout, stderr } = await runScript(
    `${HEAD}
    import { threadCount } from ${support("proc.ts")};
    import { until } from ${support("within.ts")};
    const use = async (n) => {
      await using pool = new Pool(2);
      return await pool.map(values.double, [n, n + 1, n + 2]);
    };
    await use(0);
    await use(1);
    const base = threadCount();
    for (let n = 0; n < ${POOLS}; n++) await use(n);
    await until(() => threadCount() <= base + 2, () => "the threads are gone: " + threadCount() + " of " + base, 10_000);
    console.log("back");
  `,
    { deadline: 60_000 },
  );
  assertEquals([code, stdout, stderr], [0, "back\n", ""]);
}, { ignore: !onLinux, deadline: 70_000 });
