import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { CancelledError, TaskNotFoundError, TaskTimeoutError } from "../../lib/core/errors.ts";
import { Scheduler } from "../../lib/scheduler/scheduler.ts";
import { launchLoopback } from "../../lib/transport/loopback.ts";
import { turn, within } from "../core/within.ts";
import { ListWork, numbers, setup } from "./hand_worker.ts";
import { context } from "@isopool/isopool/worker";

// deno-lint-ignore no-explicit-any -- a task of any signature
function setUp(workers: number, fn: (item: any) => unknown) {
  const scheduler = new Scheduler({ launch: launchLoopback(setup(workers)), workers, killGrace: 10 });
  return { scheduler, task: scheduler.tasks.closure(fn as (...args: never[]) => unknown) };
}

async function done(work: ListWork): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (work.unfinished) {
    await turn();
    assert(performance.now() < deadline, "calls did not settle within 10 s");
  }
}

Deno.test("Scheduler on the loopback transport runs calls in order, one at a time per worker", async () => {
  let now = 0, most = 0;
  const order: number[] = [];
  const { scheduler, task } = setUp(3, async (n: number) => {
    order.push(n);
    most = Math.max(most, ++now);
    await turn();
    now--;
    return n * 2;
  });
  const work = new ListWork(scheduler, task, numbers(20));
  await done(work);
  assertEquals([order, most, work.values], [numbers(20), 3, numbers(20).map((n) => n * 2)]);
  scheduler.close();
  await within(10_000, scheduler.ended);
});

Deno.test("Scheduler on the loopback transport: arguments and results are the same objects", async () => {
  const item = { self: true };
  const { scheduler, task } = setUp(1, (value) => value);
  const work = new ListWork(scheduler, task, [item]);
  await done(work);
  assertStrictEquals(work.values[0], item);
  await scheduler.terminate();
});

Deno.test("Scheduler on the loopback transport: what a task throws arrives as it is", async () => {
  const errors = [new RangeError("sync"), "text", undefined, new Error("async")];
  const { scheduler, task } = setUp(2, (n: number) => {
    if (n === 3) return Promise.reject(errors[n]);
    throw errors[n];
  });
  const work = new ListWork(scheduler, task, numbers(4));
  await done(work);
  work.values.forEach((value, n) => assertStrictEquals(value, errors[n]));
  assert(work.outcomes.every((outcome) => outcome === "rejected"));
  await scheduler.terminate();
});

Deno.test("Scheduler on the loopback transport: a timeout fires context.signal, then lets go of the call (within 10 s)", async () => {
  const reasons: unknown[] = [];
  const { scheduler, task } = setUp(1, (n: number) => {
    if (n > 0) return n;
    const { signal } = context;
    signal.addEventListener("abort", () => reasons.push(signal.reason));
    return new Promise(() => {});
  });
  const work = new ListWork(scheduler, task, numbers(2), 20);
  await done(work);
  assert(work.values[0] instanceof TaskTimeoutError && reasons.includes(work.values[0]));
  assertEquals(work.outcomes, ["rejected", "fulfilled"]);
  await scheduler.terminate();
});

Deno.test("Scheduler on the loopback transport: context tells calls apart across their awaits", async () => {
  const { scheduler, task } = setUp(4, async (_n: number) => {
    const before = [context.workerId, context.taskId, context.attempt];
    await turn();
    return [before, [context.workerId, context.taskId, context.attempt]];
  });
  const work = new ListWork(scheduler, task, numbers(12));
  await done(work);
  const seen = new Set<string>();
  for (const value of work.values) {
    const [before, after] = value as number[][];
    assertEquals(before, after);
    seen.add(before.join());
  }
  assertEquals(seen.size, 12);
  await scheduler.terminate();
});

Deno.test("Scheduler on the loopback transport: context can be read where its signal is heard", async () => {
  const heard = Promise.withResolvers<unknown>();
  const { scheduler, task } = setUp(1, () => {
    context.signal.addEventListener("abort", () => {
      try {
        heard.resolve(context.workerId);
      } catch (error) {
        heard.resolve(error);
      }
    });
    return new Promise(() => {});
  });
  const work = new ListWork(scheduler, task, [0], 10);
  await done(work);
  assertEquals(await within(10_000, heard.promise), 1);
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
  const work = new ListWork(scheduler, task, numbers(5));
  await turn();
  await within(10_000, scheduler.terminate());
  assert(
    work.values.every((value) => value instanceof CancelledError || (value as Error).name === "WorkerCrashedError"),
  );
  assertEquals(scheduler.workerSet.slots.size, 0);
});

Deno.test("Scheduler on the loopback transport loads a task from its module", async () => {
  const scheduler = new Scheduler({ launch: launchLoopback(setup(1)), workers: 1, killGrace: 10 });
  const url = "data:text/javascript,export const triple = (n) => n * 3";
  const work = new ListWork(scheduler, scheduler.tasks.named({ url, name: "triple" }), numbers(3));
  const missing = new ListWork(scheduler, scheduler.tasks.named({ url, name: "quadruple" }), [1]);
  await done(work);
  await done(missing);
  assertEquals(work.values, [0, 3, 6]);
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
