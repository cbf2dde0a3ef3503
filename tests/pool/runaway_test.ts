import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { CancelledError, Pool, TaskTimeoutError, WorkerCrashedError } from "@isopool/isopool";
import { gated, runaway, values } from "../fixtures/views.ts";
import { expectError } from "../support/expect.ts";
import { Gate, type GateWords } from "../support/gate.ts";
import { onLinux, threads } from "../support/proc.ts";
import { MUST_HAPPEN, test, timed, until, within } from "../support/within.ts";

/** `killGrace` of these tests, in milliseconds. A kill settles within it and 1 s; noisy machines get 5 s. */
const GRACE = 100;
const BOUND = GRACE + 5_000;
const KINDS = ["spin", "catchingSpin", "atomicsWait", "lateSpin", "microtaskSpin"] as const;

const isAlive = (thread: number) => threads().has(thread);

/** Waits until the runaway task has written its thread's id, and returns the id. */
async function threadOf(gate: Gate): Promise<number> {
  await gate.entered();
  const thread = gate.read("THREAD");
  assert(isAlive(thread), "the thread of the runaway task is not in /proc");
  return thread;
}

async function gone(thread: number): Promise<void> {
  await until(() => !isAlive(thread), `thread ${thread} is gone from /proc/self/task`, 5_000);
}

for (const kind of KINDS) {
  const task = runaway[kind];

  test(`${kind} under a timeout is really stopped: thread gone, worker replaced (bound: 5 s)`, async () => {
    await using pool = new Pool({ workers: 1, killGrace: GRACE });
    await using gate = new Gate();
    const future = pool.submit(task.with({ timeout: 200 }), gate.words);
    const thread = await threadOf(gate);
    const { ms, error } = await timed(within(MUST_HAPPEN, future.result()));
    assertEquals(expectError(error, TaskTimeoutError).timeout, 200);
    assert(ms < 200 + BOUND, `${ms} ms`);
    await gone(thread);
    const next = pool.submit(values.double, 4);
    assertEquals(await within(MUST_HAPPEN, next), 8);
    assert(next.workerId !== future.workerId, "the worker was not replaced");
  }, { ignore: !onLinux });

  test(`${kind} under a signal is really stopped, the reason untouched (bound: 5 s)`, async () => {
    await using pool = new Pool({ workers: 1, killGrace: GRACE });
    await using gate = new Gate();
    const controller = new AbortController();
    const future = pool.submit(task.with({ signal: controller.signal }), gate.words);
    const thread = await threadOf(gate);
    const reason = new URIError("enough");
    controller.abort(reason);
    const { ms, error } = await timed(within(MUST_HAPPEN, future.result()));
    assertStrictEquals(error, reason);
    assert(ms < BOUND, `${ms} ms`);
    await gone(thread);
    assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 4)), 8);
  }, { ignore: !onLinux });

  test(`${kind} under terminate() is really stopped (bound: 5 s)`, async () => {
    const pool = new Pool({ workers: 1, killGrace: GRACE });
    await using gate = new Gate();
    const future = pool.submit(task, gate.words);
    const thread = await threadOf(gate);
    const { ms } = await timed(within(MUST_HAPPEN, pool.terminate()));
    assert(ms < BOUND, `${ms} ms`);
    await assertRejects(() => future.result(), CancelledError, "terminated");
    await gone(thread);
  }, { ignore: !onLinux });

  test(`${kind} under cancel() is really stopped (bound: 5 s)`, async () => {
    await using pool = new Pool({ workers: 1, killGrace: GRACE });
    await using gate = new Gate();
    const future = pool.submit(task, gate.words);
    const thread = await threadOf(gate);
    assertEquals(future.cancel("enough"), true);
    const { ms, error } = await timed(within(MUST_HAPPEN, future.result()));
    assertEquals([expectError(error, CancelledError).cause, future.state], ["enough", "cancelled"]);
    assert(ms < BOUND, `${ms} ms`);
    await gone(thread);
    assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 4)), 8);
  }, { ignore: !onLinux });
}

test("cancel({ force: false }) does not stop a loop; cancel() after it does", async () => {
  await using pool = new Pool({ workers: 1, killGrace: 0 });
  await using gate = new Gate();
  const future = pool.submit(runaway.spin, gate.words);
  const thread = await threadOf(gate);
  future.cancel("please", { force: false });
  const before = threads().get(thread)!;
  await until(() => (threads().get(thread) ?? 0) > before + 50, "the loop goes on");
  assertEquals(future.state, "running");
  future.cancel("now");
  await assertRejects(() => within(MUST_HAPPEN, future.result()), CancelledError);
  await gone(thread);
}, { ignore: !onLinux });

test("the tasks of other workers are unharmed when a runaway is stopped", async () => {
  await using pool = new Pool({ workers: 3, killGrace: GRACE });
  await using gate = new Gate();
  await using other = new Gate();
  const neighbours = [pool.submit(gated.block, other.words), pool.submit(gated.hold, other.words, "unharmed")];
  await other.entered(2);
  const thread = other.read("THREAD");
  const future = pool.submit(runaway.spin.with({ timeout: 150 }), gate.words);
  expectError(await within(MUST_HAPPEN, future.exception()), TaskTimeoutError);
  await gone(await gate.entered().then(() => gate.read("THREAD")));
  assert(isAlive(thread));
  assertEquals(neighbours.map(({ state }) => state), ["running", "running"]);
  other.open();
  assertEquals(await within(MUST_HAPPEN, Promise.all(neighbours)), [true, "unharmed"]);
}, { ignore: !onLinux });

test("a runaway in a batch: finished calls keep their results, calls that have not started run elsewhere", async () => {
  await using pool = new Pool({ workers: 1, killGrace: GRACE });
  await using gate = new Gate();
  // Some quick calls first, so that the pool sends whole batches.
  await pool.starmap(runaway.spinOr, Array.from({ length: 200 }, (_, n): [null, number] => [null, n]));
  const calls = Array.from({ length: 40 }, (_, n): [GateWords | null, number] => [n === 20 ? gate.words : null, n]);
  const results = await within(
    MUST_HAPPEN,
    pool.starmap(runaway.spinOr, calls, { timeout: 300, onError: "settle", chunkSize: 40 }),
  );
  results.forEach((result: PromiseSettledResult<number>, n: number) => {
    if (n === 20) expectError((result as PromiseRejectedResult).reason, TaskTimeoutError);
    else assertEquals<unknown>(result, { status: "fulfilled", value: n, index: n });
  });
  assertEquals(gate.count, 1);
  await gone(gate.read("THREAD"));
}, { ignore: !onLinux });

test("submitted calls that wait behind a runaway in its worker's batch run elsewhere", async () => {
  await using pool = new Pool({ workers: 1, killGrace: GRACE });
  await using gate = new Gate();
  for (let n = 0; n < 50; n++) await pool.submit(runaway.spinOr, null, n);
  const runs = pool.submit(runaway.spinOr, gate.words, 0);
  const behind = Array.from({ length: 10 }, (_, n) => pool.submit(runaway.spinOr, null, n));
  const thread = await threadOf(gate);
  assertEquals(behind.map(({ state }) => state), new Array(10).fill("pending"));
  runs.cancel();
  assertEquals(await within(MUST_HAPPEN, Promise.all(behind)), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  await assertRejects(() => runs.result(), CancelledError);
  await gone(thread);
}, { ignore: !onLinux });

test("a call that waits in the batch of a runaway can be cancelled at once", async () => {
  await using pool = new Pool({ workers: 1, killGrace: GRACE });
  await using gate = new Gate();
  for (let n = 0; n < 50; n++) await pool.submit(runaway.spinOr, null, n);
  const runs = pool.submit(runaway.spinOr, gate.words, 0);
  const behind = pool.submit(runaway.spinOr, null, 1);
  await gate.entered();
  assertEquals([behind.cancel(), behind.state], [true, "cancelled"]);
  runs.cancel();
  await assertRejects(() => within(MUST_HAPPEN, runs.result()), CancelledError);
}, { ignore: !onLinux });

test("both workers of a pool can be runaways at the same time, again and again", async () => {
  await using pool = new Pool({ workers: 2, killGrace: 20 });
  for (let round = 0; round < 3; round++) {
    await using gate = new Gate();
    const futures = [1, 2].map(() => pool.submit(runaway.catchingSpin.with({ timeout: 100 }), gate.words));
    for (const future of futures) expectError(await within(MUST_HAPPEN, future.exception()), TaskTimeoutError);
    assertEquals(gate.count, 2);
  }
  assertEquals(await within(MUST_HAPPEN, pool.map(values.double, [1, 2, 3])), [2, 4, 6]);
}, { ignore: !onLinux });

test("a runaway under retry is stopped in each attempt, and fails after the last one", async () => {
  await using pool = new Pool({ workers: 1, killGrace: 20 });
  await using gate = new Gate();
  const future = pool.submit(runaway.spin.with({ timeout: 100, retry: 2 }), gate.words);
  const error = await within(MUST_HAPPEN, future.exception());
  expectError(error, TaskTimeoutError);
  assert(!(error instanceof WorkerCrashedError));
  assertEquals(gate.count, 3);
}, { ignore: !onLinux });
