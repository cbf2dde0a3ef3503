/** Workers as threads of the operating system: their number, and the CPU time that waiting ones use. */
import { assert, assertEquals } from "@std/assert";
import { activeWorkers, Pool } from "@isopool/isopool";
import { gated, hooks, runaway, values } from "../fixtures/views.ts";
import { Gate } from "../support/gate.ts";
import { leavesNothing, workerThreads } from "../support/leaks.ts";
import { load, onLinux, threads, untilIdle } from "../support/proc.ts";
import { StepLog } from "../support/steps.ts";
import { MUST_HAPPEN, test, until, within } from "../support/within.ts";

const linux = { ignore: !onLinux };
const become = (count: number) =>
  until(() => workerThreads() === count, () => `there are ${count} worker threads (${workerThreads()} now)`);

test("minWorkers and idleTimeout: threads start at once, grow with the calls, and shrink again", async () => {
  await using gate = new Gate();
  await using pool = new Pool({ workers: 4, minWorkers: 2, idleTimeout: 30 });
  await become(2);
  const futures = [1, 2, 3, 4].map((n) => pool.submit(gated.hold, gate.words, n));
  await gate.entered(4);
  assertEquals(workerThreads(), 4);
  gate.open();
  await Promise.all(futures);
  await become(2);
  await until(() => pool.workerIds.length === 2, "the pool knows of it");
  assertEquals(activeWorkers(), 2);
}, linux);

test("resize(): more threads start with the next calls; fewer end by themselves", async () => {
  await using gate = new Gate();
  await using pool = new Pool(1);
  const futures = [1, 2, 3].map((n) => pool.submit(gated.hold, gate.words, n));
  await become(1);
  pool.resize(3);
  await become(3);
  await gate.entered(3);
  pool.resize(1);
  gate.open();
  await Promise.all(futures);
  await become(1);
}, linux);

test("maxTasksPerWorker: 30 workers in turn leave no thread behind", async () => {
  await using pool = new Pool({ workers: 1, maxTasksPerWorker: 1 });
  const ids = new Set<number>();
  for (let n = 0; n < 30; n++) ids.add(await pool.submit(hooks.where, n).then(({ workerId }) => workerId));
  assertEquals(ids.size, 30);
  assert(workerThreads() <= 2, `${workerThreads()} threads`);
}, { ...linux, deadline: 60_000 });

test("restart(): the old threads end, and calls have fresh ones", async () => {
  await using pool = new Pool(2);
  await pool.ready();
  const before = new Set(threads().keys());
  await within(MUST_HAPPEN, pool.restart());
  await become(0);
  await pool.ready();
  const now = [...threads().keys()].filter((id) => !before.has(id));
  assert(now.length >= 2, "no fresh threads");
}, linux);

test("a broken pool, and a pool terminated during its initializer, leave no thread behind", async () => {
  const log = new StepLog();
  const broken = new Pool({ workers: 3, initializer: hooks.beginAfter, initArgs: [log.words, 99] });
  await within(MUST_HAPPEN, broken.submit(values.double, 1).exception());
  await within(MUST_HAPPEN, broken.join());
  await become(0);
  const before = log.read("BEGUN");
  const spinning = new Pool({ workers: 2, minWorkers: 2, initializer: hooks.beginSpinning, initArgs: [log.words] });
  await until(() => log.read("BEGUN") === before + 2, "both initializers spin");
  await within(MUST_HAPPEN, spinning.terminate());
  await become(0);
  await untilIdle();
}, linux);

test("a finalizer that spins is stopped, and uses no CPU afterwards", async () => {
  const pool = new Pool({ workers: 2, timeout: 200, finalizer: hooks.endSpinning });
  await pool.ready();
  await within(MUST_HAPPEN, pool.shutdown());
  await become(0);
  await untilIdle();
}, linux);

test("idle, paused and waiting pools use no CPU", async () => {
  await using gate = new Gate();
  await using idle = new Pool({ workers: 2, minWorkers: 2, idleTimeout: 50 });
  await using paused = new Pool({ workers: 1, maxQueue: 3 });
  await using waiting = new Pool({ workers: 1, maxQueue: 0 });
  await idle.submit(values.double, 1);
  await paused.ready();
  paused.pause();
  const futures = [1, 2, 3].map((n) => paused.submit(values.double, n));
  const held = waiting.submit(gated.block, gate.words);
  await gate.entered();
  const room = waiting.room();
  await untilIdle();
  assert(await load(1_000) < 0.1, "they are not idle");
  gate.open();
  paused.resume();
  await within(MUST_HAPPEN, Promise.all([...futures, held, room]));
}, { ...linux, deadline: 60_000 });

test("shutdown({ cancelFutures }) with a task that spins waits for it; terminate() then ends it", async () => {
  await using gate = new Gate();
  const pool = new Pool({ workers: 1, killGrace: 50 });
  const spinning = pool.submit(runaway.spin, gate.words).then(() => {}, () => {});
  await gate.entered();
  let ended = false;
  const shutdown = pool.shutdown({ cancelFutures: true }).then(() => ended = true);
  assert(await load(200) > 0.3, "it does not spin");
  assert(!ended);
  await within(MUST_HAPPEN, pool.terminate());
  await within(MUST_HAPPEN, Promise.all([shutdown, spinning]));
  await become(0);
  await untilIdle();
}, linux);

test("activeWorkers() counts the workers of all pools, of every backend, until they have ended", async () => {
  assertEquals(activeWorkers(), 0);
  {
    await using one = new Pool(2);
    await using two = new Pool({ backend: "async", workers: 3 });
    assertEquals(activeWorkers(), 0);
    await one.ready();
    assertEquals(activeWorkers(), 2);
    await two.ready();
    assertEquals(activeWorkers(), 5);
    two.close();
    await two.join();
    assertEquals(activeWorkers(), 2);
  }
  assertEquals(activeWorkers(), 0);
});

leavesNothing({ alone: true });
