/**
 * CPython, `test_concurrent_futures/test_shutdown.py` and `test_deadlock.py`: every way to end, and what must not hang.
 */
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { CancelledError, TransferError, WorkerCrashedError } from "@isopool/isopool";
import { Gate } from "../../support/gate.ts";
import { leavesNothing } from "../../support/leaks.ts";
import { runScript } from "../../support/script.ts";
import { MUST_HAPPEN, test, within } from "../../support/within.ts";
import { EVERY, ISOLATED, on, poolTasks, range, WORKER } from "../kit.ts";

on(EVERY, (backend, check) => {
  check("hang_issue12364: shutdown() with 50 calls in the backlog does them all", async () => {
    const pool = backend.make({ workers: 2 });
    const futures = range(50).map((n) => pool.submit(poolTasks.square, n));
    await within(MUST_HAPPEN, pool.shutdown());
    assertEquals(futures.map(({ state }) => state), range(50).map(() => "finished"));
    assertEquals(await Promise.all(futures), range(50).map((n) => n * n));
  });

  check("hang_gh94440: shutdown() right after a call was submitted and cancelled", async () => {
    for (let round = 0; round < 10; round++) {
      const pool = backend.make({ workers: 1 });
      if (round % 2 === 0) await pool.submit(poolTasks.square, 1);
      pool.submit(poolTasks.square, 2).cancel();
      await within(MUST_HAPPEN, pool.shutdown());
    }
  });

  check("cancel_futures: of 50 calls behind two that run, none starts; the two finish", async () => {
    await using gate = new Gate();
    const pool = backend.make({ workers: 2 });
    const futures = range(52).map((n) => pool.submit(poolTasks.hold, gate.words, n));
    const ends = Promise.allSettled(futures);
    await gate.entered(2);
    const over = pool.shutdown({ cancelFutures: true });
    gate.open();
    await within(MUST_HAPPEN, over);
    const good = (await ends).filter(({ status }) => status === "fulfilled");
    assertEquals([good.length, gate.count], [2, 2]);
    assertEquals(futures.map(({ cancelled }) => cancelled).filter(Boolean).length, 50);
  });

  check("shutdown_no_wait, del_shutdown: a map that nobody reads is computed after close()", async () => {
    const pool = backend.make({ workers: 3 });
    const results = pool.map(poolTasks.square, range(10));
    pool.close();
    await within(MUST_HAPPEN, pool.join());
    assertEquals([pool.state, pool.workerIds], ["closed", []]);
    assertEquals(await results, range(10).map((n) => n * n));
  });

  for (const workers of [2, 4]) {
    check(
      `shutdown_gh_132969: a failure among calls of one-call workers, then close() (${workers} workers)`,
      async () => {
        await using gate = new Gate();
        const pool = backend.make({ workers, maxTasksPerWorker: 1 });
        const first = pool.submit(poolTasks.square, 1);
        const failing = pool.submit(poolTasks.divide, 1, 0);
        const last = pool.submit(poolTasks.hold, gate.words, 3);
        assertEquals(await first, 1);
        await assertRejects(() => failing.result(), RangeError);
        pool.close();
        gate.open();
        await within(MUST_HAPPEN, pool.join());
        assertEquals(await last, 3);
      },
    );
  }

  check(
    "threads_terminate, processes_terminate: three that were blocked end, and their workers with them",
    async () => {
      await using gate = new Gate();
      const pool = backend.make({ workers: 5 });
      const futures = range(3).map((n) => pool.submit(poolTasks.hold, gate.words, n));
      await gate.entered(3);
      assertEquals(pool.workerIds.length, 3);
      const over = pool.shutdown();
      gate.open();
      await within(MUST_HAPPEN, over);
      assertEquals(pool.workerIds, []);
      assertEquals(await Promise.all(futures), [0, 1, 2]);
    },
  );
});

on(ISOLATED, (backend, check) => {
  check("shutdown_deadlock: a worker that dies after shutdown() was called", async () => {
    await using gate = new Gate();
    const pool = backend.make({ workers: 2 });
    const future = pool.submit(poolTasks.exitAtGate, gate.words);
    const crashed = assertRejects(() => future.result(), WorkerCrashedError);
    await gate.entered();
    const over = pool.shutdown();
    gate.open();
    await within(MUST_HAPPEN, over);
    await within(MUST_HAPPEN, crashed);
  });

  check("shutdown_deadlock_pickle: shutdown() while an argument cannot be copied", async () => {
    const pool = backend.make({ workers: 2 });
    assertEquals(await pool.submit(poolTasks.echo, 42), 42);
    const future = pool.submit(poolTasks.echo, () => 1);
    const failed = assertRejects(() => future.result(), TransferError);
    const over = pool.shutdown();
    await within(MUST_HAPPEN, failed);
    await within(MUST_HAPPEN, over);
  });

  check("error_at_task_pickle, pickle_errors_propagate: what a getter of an argument throws is the cause", async () => {
    await using pool = backend.make({ workers: 1 });
    const argument = {
      get field(): never {
        throw new URIError("gotcha");
      },
    };
    const error = await assertRejects(() => pool.submit(poolTasks.echo, argument).result());
    const chain = [error, (error as Error).cause];
    assert(chain.some((each) => each instanceof URIError && each.message === "gotcha"), Deno.inspect(error));
    assertEquals(await pool.submit(poolTasks.echo, 1), 1);
  });

  check("crash_big_data: each of ten calls with 4 MB that end their worker fails, and the pool goes on", async () => {
    await using pool = backend.make({ workers: 2 });
    const data = "a".repeat(4_000_000);
    const ends = await within(
      60_000,
      pool.map(poolTasks.exitWith, range(10).map(() => data), { onError: "settle" }),
    );
    for (const end of ends) assertInstanceOf((end as PromiseRejectedResult).reason, WorkerCrashedError);
    await assertRejects(async () => await pool.map(poolTasks.exitWith, [data, data]), WorkerCrashedError);
    assertEquals(await pool.submit(poolTasks.echo, data), data);
  }, { deadline: 90_000 });

  check(
    "gh105829_should_not_deadlock_if_wakeup_pipe_full: results pile up while this thread does not read",
    async () => {
      await using pool = await backend.make({ workers: 2 }).ready();
      await pool.submit(poolTasks.square, 1);
      const words = new Int32Array(new SharedArrayBuffer(8));
      const calls = 5_000;
      const futures = range(calls).map(() => pool.submit(poolTasks.count, { words, place: 0 }));
      // The workers run what they have, or all: this thread takes no result meanwhile, nor gives more to do.
      let [before, quiet] = [0, 0];
      for (const end = performance.now() + 5_000; quiet < 20 && performance.now() < end;) {
        Atomics.wait(words, 1, 0, 5);
        const now = Atomics.load(words, 0);
        quiet = now === before ? quiet + 1 : 0;
        before = now;
      }
      await within(30_000, Promise.all(futures));
      assertEquals(Atomics.load(words, 0), calls);
    },
    { deadline: 60_000 },
  );

  check("unpickleable_result: 20 results that cannot be copied cost no worker", async () => {
    await using pool = await backend.make({ workers: 2 }).ready();
    await pool.broadcast(poolTasks.square, 1);
    const ids = pool.workerIds.toSorted();
    for (let n = 0; n < 20; n++) {
      const received: unknown[] = [];
      const future = pool.applyAsync(poolTasks.uncopyable, [], { errorCallback: (error) => received.push(error) });
      const error = await within(MUST_HAPPEN, assertRejects(() => future.result(), TransferError));
      assertEquals([received, (error as TransferError).direction], [[error], "result"]);
    }
    assertEquals(pool.workerIds.toSorted(), ids);
  });
});

for (const { name } of [EVERY[0], WORKER]) {
  const script = (body: string) =>
    runScript(
      `
      import { Pool, tasks } from "@isopool/isopool";
      const slow = tasks<typeof import("./slow.ts")>(import.meta.resolve("./slow.ts"));
      const pool = new Pool({ backend: ${JSON.stringify(name)}, workers: 3 });
      ${body}`,
      {
        files: {
          "slow.ts": `
          export async function print(ms: number, text: string) {
            await new Promise((resolve) => setTimeout(resolve, ms));
            console.log(text);
          }`,
        },
        deadline: 60_000,
      },
    );

  test(
    `${name}: hang_gh83386: close() without waiting, with a call that runs: it prints, and the script ends`,
    async () => {
      const { code, stdout, stderr, late } = await script(`pool.submit(slow.print, 300, "apple"); pool.close();`);
      assertEquals({ code, stdout, stderr, late }, { code: 0, stdout: "apple\n", stderr: "", late: false });
    },
    { deadline: 70_000 },
  );

  test(`${name}: interpreter_shutdown: a call that nobody waits for prints before the script ends`, async () => {
    const { code, stdout, stderr, late } = await script(`pool.submit(slow.print, 300, "apple");`);
    assertEquals({ code, stdout, stderr, late }, { code: 0, stdout: "apple\n", stderr: "", late: false });
  }, { deadline: 70_000 });

  test(`${name}: cancel_futures_wait_false: the script ends quietly, whether the call had started or not`, async () => {
    const { code, stdout, stderr, late } = await script(`
      pool.submit(slow.print, 100, "apple");
      void pool.shutdown({ cancelFutures: true });`);
    assertEquals({ code, stderr, late }, { code: 0, stderr: "", late: false });
    assert(["", "apple\n"].includes(stdout), stdout);
  }, { deadline: 70_000 });

  test(`${name}: submit_after_interpreter_shutdown: a submit in the script's unload does not hang it`, async () => {
    const { code, stdout, late } = await script(`
      await pool.submit(slow.print, 0, "first");
      addEventListener("unload", () => {
        try {
          pool.submit(slow.print, 0, "second");
        } catch (error) {
          if (!(error instanceof Error)) throw error;
        }
        console.log("unloaded");
      });`);
    assertEquals({ code, stdout, late }, { code: 0, stdout: "first\nunloaded\n", late: false });
  }, { deadline: 70_000 });
}

test("test_run_after_shutdown, test_shutdown_kill: a long map is cancelled by terminate(), its reader gets the error", async () => {
  await using gate = new Gate();
  const pool = WORKER.make({ workers: 5, killGrace: 50 });
  assertEquals(await pool.map(poolTasks.square, range(100)), range(100).map((n) => n * n));
  const results = pool.map(poolTasks.hold, range(100).map(() => gate.words));
  const rejected = assertRejects(async () => await results, CancelledError);
  await gate.entered(2);
  await within(MUST_HAPPEN, pool.terminate());
  await rejected;
});

leavesNothing();
