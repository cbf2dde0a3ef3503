/** Calls that submit to the pool that runs them, and wait for the result; and the context in which callbacks run. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { inline, IsopoolError, Pool } from "@isopool/isopool";
import { context } from "@isopool/isopool/worker";
import { range } from "../support/range.ts";
import { MUST_HAPPEN, test, until, within } from "../support/within.ts";

const local = (workers = 1) => new Pool({ backend: "async", workers });

test("nested submission 100 deep does not dead-lock one worker", async () => {
  await using pool = local();
  const dive = (depth: number): Promise<number> =>
    depth === 0 ? Promise.resolve(0) : pool.submit(dive, depth - 1).then((n) => n + 1);
  assertEquals(await within(MUST_HAPPEN, pool.submit(dive, 100)), 100);
  await until(() => pool.workerIds.length === 1, "the additional workers have left");
});

test("maps, imaps, streams and groups inside a task of the same pool are done, with one worker", async () => {
  await using pool = local();
  const all = async () => {
    const mapped = await pool.map((n: number) => 2 * n, range(50));
    const lazy = [];
    for await (const n of pool.imap((n: number) => n + 1, range(50), { buffer: 1 })) lazy.push(n);
    const streamed = await pool.stream(function* () {
      yield* range(50);
    });
    let grouped;
    {
      await using group = pool.group();
      grouped = group.submit(() => "grouped");
    }
    return [mapped, lazy, streamed, await grouped];
  };
  assertEquals(await within(MUST_HAPPEN, pool.submit(all)), [
    range(50).map((n) => 2 * n),
    range(50).map((n) => n + 1),
    range(50),
    "grouped",
  ]);
});

test("many tasks that each map on their own pool, behind a queue", async () => {
  await using pool = local(2);
  const sum = async (n: number) => (await pool.map((each: number) => each + n, range(10))).reduce((a, b) => a + b, 0);
  const sums = await within(MUST_HAPPEN, pool.map(sum, range(40)));
  assertEquals(sums, range(40).map((n) => 45 + 10 * n));
});

test("nested submission with the affinityKey of its own worker does not dead-lock", async () => {
  await using pool = local(2);
  const inner = inline(() => 5).with({ affinityKey: "k" });
  const ownKey = inline(async () => await 1).with({ affinityKey: "k" });
  await pool.submit(ownKey);
  const [home] = pool.workerIds;
  const onHome = await within(
    MUST_HAPPEN,
    Promise.all(range(2).map(() => pool.submit(async () => [context.workerId, await pool.submit(inner)]))),
  );
  assert(onHome.some(([id]) => id === home), "one of them was at the key's worker");
  assertEquals(onHome.map(([, result]) => result), [5, 5]);
});

test("broadcast() from a task of the same pool is refused", async () => {
  await using pool = local(2);
  await within(
    MUST_HAPPEN,
    assertRejects(
      () => pool.submit(() => pool.broadcast(() => 1)).result(),
      IsopoolError,
      "a task of this pool does it",
    ),
  );
  assertEquals(await pool.broadcast(() => 1), [1, 1]);
});

test("callbacks run in the context of the code that handed them in: outside every task, or in the task that added them", async () => {
  const seen: string[] = [];
  const note = (name: string) => () => {
    assertThrows(() => context.taskId, TypeError);
    seen.push(name);
  };
  {
    await using pool = local();
    await pool.submit(() => pool.submit(() => 1).result());
    pool.submit(() => 2).addDoneCallback(note("after"));
    const inner = () => {
      const future = pool.submit(() => 3);
      const { taskId } = context;
      future.addDoneCallback(() => {
        assertEquals(context.taskId, taskId);
        seen.push("inner");
      });
      return future.result();
    };
    pool.submit(inner).addDoneCallback(note("outer"));
    pool.submit(() => 4).addDoneCallback(note("last"));
    const speak = inline(async () => {
      const { context } = await import("@isopool/isopool/worker");
      context.emit(1);
      context.progress(1);
    });
    await pool.submit(speak.with({ onEmit: note("emit"), onProgress: note("progress") }));
  }
  assertEquals(seen.toSorted(), ["after", "emit", "inner", "last", "outer", "progress"]);
});

test("a call that a callback submits is not nested: the pool starts no extra worker", async () => {
  let [inside, most, ended] = [0, 0, 0];
  const crowd = async () => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setTimeout(resolve, 1));
    inside--;
  };
  {
    await using pool = local();
    await pool.submit(() => pool.submit(() => 1).result());
    await new Promise<void>((resolve) => {
      for (let n = 0; n < 5; n++) {
        pool.submit(() => n).addDoneCallback(() => {
          for (let m = 0; m < 3; m++) pool.submit(crowd).addDoneCallback(() => ++ended === 15 && resolve());
        });
      }
    });
  }
  assertEquals([most, ended], [1, 15]);
});

test("timers fire during a long map of synchronous calls", async () => {
  await using pool = local();
  let beats = 0;
  const timer = setInterval(() => beats++, 5);
  const start = performance.now();
  await pool.map((n: number) => n, range(50_000)).finally(() => clearInterval(timer));
  const ms = performance.now() - start;
  assert(ms < 50 || beats > 0, `no timer fired in ${ms} ms`);
});

test("a nested call that fails or is cancelled rejects for its caller, and the worker is free", async () => {
  await using pool = local();
  const outer = () => pool.submit(() => Promise.reject(new RangeError("inner"))).result();
  await within(MUST_HAPPEN, assertRejects(() => pool.submit(outer).result(), RangeError, "inner"));
  assertEquals(await within(MUST_HAPPEN, pool.submit(() => 1)), 1);
});
