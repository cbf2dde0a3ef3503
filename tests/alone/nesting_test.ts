import { assert, assertEquals } from "@std/assert";
import { activeWorkers, IsopoolError, Pool } from "@isopool/isopool";
import { nesting, subPool } from "../fixtures/views.ts";
import { expectError } from "../support/expect.ts";
import { leavesNothing, workerThreads } from "../support/leaks.ts";
import { onLinux } from "../support/proc.ts";
import { fixture, runScript } from "../support/script.ts";
import { MUST_HAPPEN, test, until, within } from "../support/within.ts";

/** Deadline in milliseconds: a thread started by a thread takes half a second to start. */
const LONG = 30_000;

test("a task may create a pool, on the backends async and worker", async () => {
  await using pool = new Pool(1);
  for (const backend of ["async", "worker"] as const) {
    assertEquals(await within(LONG, pool.submit(subPool.sumOfDoubles, backend, [1, 2, 3])), 12);
  }
}, { deadline: 60_000 });

test("a task of an async pool may create a pool of threads, which does not count as nested", async () => {
  await using pool = new Pool({ backend: "async", workers: 2 });
  const sums = await within(LONG, Promise.all([1, 2].map((n) => pool.submit(subPool.sumOfDoubles, "worker", [n]))));
  assertEquals(sums, [2, 4]);
});

test(
  "pools may be nested four deep; the fifth is refused with an error that names the limit, and nothing hangs",
  async () => {
    await using pool = new Pool(1);
    assertEquals(await within(LONG, pool.submit(nesting.dive, 3)), 3);
    const { message } = expectError(await within(LONG, pool.submit(nesting.dive, 4).exception()), IsopoolError);
    assert(message.includes("5 pools deep") && message.includes("4 is the limit"), message);
    assertEquals(await within(MUST_HAPPEN, pool.submit(nesting.dive, 0)), 0);
  },
  { deadline: 90_000 },
);

test("a pool that a task left open ends with the worker", async () => {
  {
    await using pool = new Pool(1);
    assertEquals(await within(LONG, pool.submit(nesting.leavePool)), 1);
    assertEquals(activeWorkers(), 1);
  }
  if (onLinux) await until(() => workerThreads() === 0, "the inner worker is gone, too");
});

test("many threads of nested pools cause one warning, with the pool's name and what to do", async () => {
  const { code, stdout, stderr, late } = await runScript(
    `
    import { cpuCount, Pool, tasks } from "@isopool/isopool";
    const nesting = tasks(${JSON.stringify(fixture("nesting.ts"))});
    await using pool = new Pool(1);
    // One worker more than two for each core, three times in the same worker.
    for (let n = 0; n < 3; n++) console.log(await pool.submit(nesting.crowd, 2 * cpuCount() + 1));
    await using quiet = new Pool(1);
    console.log(await quiet.submit(nesting.crowd, 1));
  `,
    { deadline: LONG },
  );
  assertEquals([code, late, stdout], [0, false, "0\n0\n0\n0\n"], stderr);
  assertEquals(stderr.split("isopool:").length, 2, stderr);
  for (const part of ['"inner"', "threads", "`workers`", '"async"']) assert(stderr.includes(part), stderr);
}, { deadline: 60_000 });

leavesNothing({ alone: true });
