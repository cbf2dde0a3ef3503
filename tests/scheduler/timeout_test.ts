import { assert, assertEquals } from "@std/assert";
import { TaskTimeoutError } from "../../lib/core/errors.ts";
import { Scheduler } from "../../lib/scheduler/scheduler.ts";
import { turn, within } from "../core/within.ts";
import { finish, HandFleet, ListWork, numbers } from "./hand_worker.ts";

const SOURCE = { url: "file:///m.ts", name: "a" };

function setUp(killGrace: number) {
  const fleet = new HandFleet();
  const scheduler = new Scheduler({ launch: fleet.launch, workers: 1, killGrace });
  const task = scheduler.tasks.named(SOURCE);
  task.estimate = 0.3;
  return { fleet, scheduler, task };
}

async function until(condition: () => boolean, ms = 10_000): Promise<number> {
  const start = performance.now();
  while (!condition()) {
    if (performance.now() - start > ms) throw new Error(`Not so after ${ms} ms`);
    await turn();
  }
  return performance.now() - start;
}

Deno.test("Scheduler: a timeout fires the signal, then force, then settles (within 10 s)", async () => {
  const { fleet, scheduler, task } = setUp(30);
  const work = new ListWork(scheduler, task, numbers(3), 20);
  await turn();
  const [worker] = fleet.all;
  fleet.obedient = false;
  worker.start();
  await until(() => worker.signals.length > 0);
  assertEquals([worker.kills, work.outcomes[0]], [0, undefined]);
  assert(worker.signals[0].reason instanceof TaskTimeoutError);
  await until(() => worker.kills > 0);
  assertEquals(work.outcomes, [undefined, undefined, undefined]);
  fleet.obedient = true;
  worker.die({ reason: "terminated" });
  await until(() => work.outcomes[0] !== undefined);
  const error = work.values[0] as TaskTimeoutError;
  assert(error instanceof TaskTimeoutError);
  assertEquals([error.timeout, work.outcomes[0]], [20, "rejected"]);
  await until(() => fleet.all.length === 2);
  await finish(fleet, work);
  assertEquals(work.outcomes, ["rejected", "fulfilled", "fulfilled"]);
  await scheduler.terminate();
});

Deno.test("Scheduler: a call that ends within its grace keeps its worker, and is a timeout all the same", async () => {
  const { fleet, scheduler, task } = setUp(10_000);
  const work = new ListWork(scheduler, task, numbers(2), 20);
  await turn();
  const [worker] = fleet.all;
  worker.start();
  await until(() => worker.signals.length > 0);
  worker.end();
  await finish(fleet, work);
  assertEquals([worker.kills, fleet.all.length, work.outcomes], [0, 1, ["rejected", "fulfilled"]]);
  assert(work.values[0] instanceof TaskTimeoutError);
  await scheduler.terminate();
});

Deno.test("Scheduler: a timeout counts from the start: a call that waits has all the time in the world", async () => {
  const { fleet, scheduler, task } = setUp(10_000);
  const work = new ListWork(scheduler, task, numbers(3), 30);
  await turn();
  const [worker] = fleet.all;
  await new Promise((resolve) => setTimeout(resolve, 120));
  assertEquals([worker.signals, work.outcomes], [[], [undefined, undefined, undefined]]);
  worker.end();
  worker.end();
  worker.start();
  await until(() => worker.signals.length > 0);
  assertEquals(worker.signals[0].seq, worker.running!.seq);
  await finish(fleet, work);
  assertEquals(work.outcomes, ["fulfilled", "fulfilled", "rejected"]);
  await scheduler.terminate();
});

Deno.test("Scheduler: a short timeout behind a long one fires in its own time (within 5 s, not 60)", async () => {
  const { fleet, scheduler, task } = setUp(10_000);
  const long = new ListWork(scheduler, task, ["long"], 60_000);
  const short = new ListWork(scheduler, task, ["short"], 50);
  await turn();
  const [worker] = fleet.all;
  assertEquals(worker.held[0], "long");
  worker.start();
  await until(() => worker.held.length === 2 || fleet.all.length === 2, 50).catch(() => worker.end());
  if (worker.running?.item === "long") worker.end();
  await turn();
  assertEquals(worker.start(), "short");
  const took = await until(() => worker.signals.length > 0, 5_000).catch(() => Infinity);
  worker.end();
  await finish(fleet, long, short);
  await scheduler.terminate();
  assert(took <= 5_000, "the short timeout did not fire within 5 s");
  assert(short.values[0] instanceof TaskTimeoutError);
});

Deno.test("Scheduler: without a timeout nothing is watched", async () => {
  const { fleet, scheduler, task } = setUp(10);
  const work = new ListWork(scheduler, task, numbers(2));
  await turn();
  assertEquals(fleet.all[0].batches[0].timeout, undefined);
  fleet.all[0].start();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assertEquals(fleet.all[0].signals, []);
  await finish(fleet, work);
  await scheduler.terminate();
});

Deno.test("Scheduler: a worker that is killed for one call gives the others back", async () => {
  const { fleet, scheduler, task } = setUp(10);
  const work = new ListWork(scheduler, task, numbers(5), 30);
  await turn();
  const [worker] = fleet.all;
  worker.end();
  worker.start();
  await until(() => worker.gone);
  await until(() => fleet.all.length === 2);
  await finish(fleet, work);
  assertEquals(work.outcomes, ["fulfilled", "rejected", "fulfilled", "fulfilled", "fulfilled"]);
  assert(work.ends.every((ends) => ends.length === 1));
  await within(10_000, scheduler.terminate());
});
