import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { CancelledError, TaskNotFoundError, TaskTimeoutError } from "../../lib/core/errors.ts";
import { Scheduler } from "../../lib/scheduler/scheduler.ts";
import { launchLoopback } from "../../lib/transport/loopback.ts";
import { turn, within } from "../support/within.ts";
import { ListJob, numbers, setup } from "./manual_worker.ts";
import { context } from "@isopool/isopool/worker";

// deno-lint-ignore no-explicit-any -- a task of any signature
function setUp(workers: number, fn: (item: any) => unknown) {
  const scheduler = new Scheduler({ launch: launchLoopback(setup(workers)), workers, killGrace: 10 });
  return { scheduler, task: scheduler.tasks.closure(fn as (...args: never[]) => unknown) };
}

async function done(job: ListJob): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (job.unfinished) {
    await turn();
    assert(performance.now() < deadline, "calls did not settle within 10 s");
  }
}

Deno.test("Scheduler on the loopback transport runs calls in order, one at a time per worker", async () => {
  let running = 0, maxRunning = 0;
  const order: number[] = [];
  const { scheduler, task } = setUp(3, async (n: number) => {
    order.push(n);
    maxRunning = Math.max(maxRunning, ++running);
    await turn();
    running--;
    return n * 2;
  });
  const job = new ListJob(scheduler, task, numbers(20));
  await done(job);
  assertEquals([order, maxRunning, job.values], [numbers(20), 3, numbers(20).map((n) => n * 2)]);
  scheduler.close();
  await within(10_000, scheduler.ended);
});

Deno.test("Scheduler on the loopback transport: arguments and results are the same objects", async () => {
  const item = { self: true };
  const { scheduler, task } = setUp(1, (value) => value);
  const job = new ListJob(scheduler, task, [item]);
  await done(job);
  assertStrictEquals(job.values[0], item);
  await scheduler.terminate();
});

Deno.test("Scheduler on the loopback transport: what a task throws arrives unchanged", async () => {
  const errors = [new RangeError("sync"), "text", undefined, new Error("async")];
  const { scheduler, task } = setUp(2, (n: number) => {
    if (n === 3) return Promise.reject(errors[n]);
    throw errors[n];
  });
  const job = new ListJob(scheduler, task, numbers(4));
  await done(job);
  job.values.forEach((value, n) => assertStrictEquals(value, errors[n]));
  assert(job.outcomes.every((outcome) => outcome === "rejected"));
  await scheduler.terminate();
});

Deno.test("Scheduler on the loopback transport: a timeout fires context.signal, then rejects the call (within 10 s)", async () => {
  const reasons: unknown[] = [];
  const { scheduler, task } = setUp(1, (n: number) => {
    if (n > 0) return n;
    const { signal } = context;
    signal.addEventListener("abort", () => reasons.push(signal.reason));
    return new Promise(() => {});
  });
  const job = new ListJob(scheduler, task, numbers(2), 20);
  await done(job);
  assert(job.values[0] instanceof TaskTimeoutError && reasons.includes(job.values[0]));
  assertEquals(job.outcomes, ["rejected", "fulfilled"]);
  await scheduler.terminate();
});

Deno.test("Scheduler on the loopback transport: context stays that of its call after an await", async () => {
  const { scheduler, task } = setUp(4, async (_n: number) => {
    const before = [context.workerId, context.taskId, context.attempt];
    await turn();
    return [before, [context.workerId, context.taskId, context.attempt]];
  });
  const job = new ListJob(scheduler, task, numbers(12));
  await done(job);
  const seen = new Set<string>();
  for (const value of job.values) {
    const [before, after] = value as number[][];
    assertEquals(before, after);
    seen.add(before.join());
  }
  assertEquals(seen.size, 12);
  await scheduler.terminate();
});

Deno.test("Scheduler on the loopback transport: context can be read in a listener of its signal", async () => {
  const read = Promise.withResolvers<unknown>();
  const { scheduler, task } = setUp(1, () => {
    context.signal.addEventListener("abort", () => {
      try {
        read.resolve(context.workerId);
      } catch (error) {
        read.resolve(error);
      }
    });
    return new Promise(() => {});
  });
  const job = new ListJob(scheduler, task, [0], 10);
  await done(job);
  assertEquals(await within(10_000, read.promise), 1);
  await scheduler.terminate();
});

Deno.test("context throws outside of a task, and says where it may be read", () => {
  const error = (() => {
    try {
      return context.signal;
    } catch (thrown) {
      return thrown;
    }
  })();
  assert(error instanceof TypeError && error.message.startsWith("Cannot read context: no task runs here"));
});

Deno.test("Scheduler on the loopback transport: terminate() cancels calls that never end, and ends", async () => {
  const { scheduler, task } = setUp(2, () => new Promise(() => {}));
  const job = new ListJob(scheduler, task, numbers(5));
  await turn();
  await within(10_000, scheduler.terminate());
  assert(
    job.values.every((value) => value instanceof CancelledError || (value as Error).name === "WorkerCrashedError"),
  );
  assertEquals(scheduler.workerSet.slots.size, 0);
});

Deno.test("Scheduler on the loopback transport loads a task from its module", async () => {
  const scheduler = new Scheduler({ launch: launchLoopback(setup(1)), workers: 1, killGrace: 10 });
  const url = "data:text/javascript,export const triple = (n) => n * 3";
  const job = new ListJob(scheduler, scheduler.tasks.named({ url, name: "triple" }), numbers(3));
  const missing = new ListJob(scheduler, scheduler.tasks.named({ url, name: "quadruple" }), [1]);
  await done(job);
  await done(missing);
  assertEquals(job.values, [0, 3, 6]);
  assert(missing.values[0] instanceof TaskNotFoundError);
  await scheduler.terminate();
});

Deno.test("Scheduler on the loopback transport: ready() rejects when the pool is terminated meanwhile", async () => {
  const { scheduler } = setUp(2, () => 1);
  const ready = scheduler.ready();
  const refused = assertRejects(() => ready, CancelledError);
  await within(10_000, scheduler.terminate());
  await within(10_000, refused);
});
