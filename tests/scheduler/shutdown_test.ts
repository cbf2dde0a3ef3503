import { assert, assertEquals } from "@std/assert";
import { CancelledError } from "../../lib/core/errors.ts";
import { Scheduler } from "../../lib/scheduler/scheduler.ts";
import { turn, within } from "../core/within.ts";
import { finish, HandFleet, ListWork, numbers } from "./hand_worker.ts";

const SOURCE = { url: "file:///m.ts", name: "a" };

function setUp(workers = 1) {
  const fleet = new HandFleet();
  const scheduler = new Scheduler({ launch: fleet.launch, workers, killGrace: 100 });
  const task = scheduler.tasks.named(SOURCE);
  task.estimate = 0.3;
  return { fleet, scheduler, task };
}

Deno.test("Scheduler.close() finishes what it has, then ends its workers", async () => {
  const { fleet, scheduler, task } = setUp(2);
  const work = new ListWork(scheduler, task, numbers(50));
  scheduler.close();
  assertEquals(scheduler.state, "closing");
  let ended = false;
  void scheduler.ended.then(() => ended = true);
  await turn();
  assertEquals(ended, false);
  await finish(fleet, work);
  await within(10_000, scheduler.ended);
  assertEquals([scheduler.state, scheduler.workerSet.slots.size], ["closed", 0]);
  assertEquals(fleet.all.map(({ closes, kills }) => [closes, kills]), [[1, 0], [1, 0]]);
  assertEquals(work.values, numbers(50));
});

Deno.test("Scheduler.close() without work and without workers ends at once, twice too", async () => {
  const { scheduler } = setUp();
  scheduler.close();
  scheduler.close();
  await within(10_000, scheduler.ended);
  assertEquals(scheduler.state, "closed");
  await within(10_000, scheduler.terminate());
});

Deno.test("Scheduler.close() replaces a worker that dies while it drains", async () => {
  const { fleet, scheduler, task } = setUp();
  const work = new ListWork(scheduler, task, numbers(4));
  await turn();
  scheduler.close();
  fleet.all[0].start();
  fleet.all[0].die({ reason: "exit", exitCode: 1 });
  await finish(fleet, work);
  await within(10_000, scheduler.ended);
  assertEquals(work.outcomes, ["rejected", "fulfilled", "fulfilled", "fulfilled"]);
});

Deno.test("Scheduler.close() settles a ready() that still waits, and lets the script end", async () => {
  const { fleet, scheduler } = setUp(2);
  fleet.eager = false;
  const ready = scheduler.ready().then(() => "ready", (error: Error) => error.name);
  await turn();
  scheduler.close();
  await within(10_000, scheduler.ended);
  // What keeps the script alive for ready() shows up as a leaked timer if it is never let go.
  assert(await within(5_000, ready) !== undefined);
});

Deno.test("Scheduler.ready() starts all workers and resolves when the last one is", async () => {
  const { fleet, scheduler } = setUp(3);
  fleet.eager = false;
  let isReady = false;
  const ready = scheduler.ready().then(() => isReady = true);
  assertEquals(fleet.all.length, 3);
  fleet.all[0].events.ready();
  fleet.all[1].events.ready();
  await turn();
  assertEquals(isReady, false);
  fleet.all[2].die({ reason: "uncaught" });
  await turn();
  assertEquals([fleet.all.length, isReady], [4, false]);
  fleet.all[3].events.ready();
  await within(10_000, ready);
  await within(10_000, scheduler.ready());
  assertEquals(fleet.all.length, 4);
  await scheduler.terminate();
});

Deno.test("Scheduler.terminate() cancels what waits and what runs, kills every worker, and then ends", async () => {
  const { fleet, scheduler, task } = setUp(2);
  const works = [new ListWork(scheduler, task, numbers(100)), new ListWork(scheduler, task, ["later"])];
  await turn();
  for (const worker of fleet.all) worker.start();
  const sent = fleet.all.map((worker) => worker.calls.length);
  await within(10_000, scheduler.terminate());
  assertEquals([scheduler.state, scheduler.jobs.size, scheduler.workerSet.slots.size], ["terminated", 0, 0]);
  assert(fleet.all.every(({ kills }) => kills === 1));
  for (const work of works) assert(work.ends.every((ends) => ends.length === 1));
  const unstarted = works[0].ends.flat().filter(({ outcome }) => outcome === "cancelled");
  assert(unstarted.length >= 98 && unstarted[0].value instanceof CancelledError);
  assertEquals(fleet.all.map((worker) => worker.calls.length), sent);
});

Deno.test("Scheduler.terminate() takes unstarted calls back before it asks the worker to go: none starts after it", async () => {
  const { fleet, scheduler, task } = setUp();
  new ListWork(scheduler, task, numbers(6));
  await turn();
  const [worker] = fleet.all;
  fleet.obedient = false;
  worker.start();
  const ended = scheduler.terminate();
  assertEquals(worker.held, [0]);
  worker.die({ reason: "terminated" });
  await within(10_000, ended);
});

Deno.test("Scheduler.terminate() after close() stops the workers that are still leaving", async () => {
  const { fleet, scheduler, task } = setUp();
  const work = new ListWork(scheduler, task, numbers(1));
  await turn();
  await finish(fleet, work);
  fleet.obedient = false;
  scheduler.close();
  assertEquals([fleet.all[0].closes, fleet.all[0].kills], [1, 0]);
  const ended = scheduler.terminate();
  assertEquals(fleet.all[0].kills, 1);
  fleet.all[0].die({ reason: "terminated" });
  await within(10_000, ended);
});

Deno.test("Scheduler: an ended one leaves no timer behind", async () => {
  const { fleet, scheduler, task } = setUp();
  const work = new ListWork(scheduler, task, numbers(3));
  await turn();
  await finish(fleet, work);
  assertEquals([scheduler.state, scheduler.jobs.size], ["open", 0]);
  // The sanitizer of this very test reports whatever is left behind.
  const ended = scheduler.terminate();
  fleet.all.forEach((worker) => worker.die({ reason: "terminated" }));
  await within(10_000, ended);
});
