import { assert, assertEquals } from "@std/assert";
import { CancelledError } from "../../lib/core/errors.ts";
import { turn, within } from "../support/within.ts";
import { finish, ListJob, manualScheduler, numbers } from "./manual_worker.ts";

const setUp = (workers = 1) => manualScheduler({ workers, taskTakes: 0.3 });

Deno.test("Scheduler.close() finishes its jobs, then ends its workers", async () => {
  const { fleet, scheduler, task } = setUp(2);
  const job = new ListJob(scheduler, task, numbers(50));
  scheduler.close();
  assertEquals(scheduler.state, "closing");
  let ended = false;
  void scheduler.ended.then(() => ended = true);
  await turn();
  assertEquals(ended, false);
  await finish(fleet, job);
  await within(10_000, scheduler.ended);
  assertEquals([scheduler.state, scheduler.workerSet.slots.size], ["closed", 0]);
  assertEquals(fleet.all.map(({ closes, kills }) => [closes, kills]), [[1, 0], [1, 0]]);
  assertEquals(job.values, numbers(50));
});

Deno.test("Scheduler.close() without jobs and workers ends at once, also when called twice", async () => {
  const { scheduler } = setUp();
  scheduler.close();
  scheduler.close();
  await within(10_000, scheduler.ended);
  assertEquals(scheduler.state, "closed");
  await within(10_000, scheduler.terminate());
});

Deno.test("Scheduler.close() replaces a worker that dies before the jobs are finished", async () => {
  const { fleet, scheduler, task } = setUp();
  const job = new ListJob(scheduler, task, numbers(4));
  await turn();
  scheduler.close();
  fleet.all[0].start();
  fleet.all[0].die({ reason: "exit", exitCode: 1 });
  await finish(fleet, job);
  await within(10_000, scheduler.ended);
  assertEquals(job.outcomes, ["rejected", "fulfilled", "fulfilled", "fulfilled"]);
});

Deno.test("Scheduler.close() settles a ready() that still waits, and lets the script end", async () => {
  const { fleet, scheduler } = setUp(2);
  fleet.startsReady = false;
  const ready = scheduler.ready().then(() => "ready", (error: Error) => error.name);
  await turn();
  scheduler.close();
  await within(10_000, scheduler.ended);
  // The sanitizer of this test reports a timer that ready() has left behind.
  assert(await within(5_000, ready) !== undefined);
});

Deno.test("Scheduler.ready() starts all workers and resolves when the last one is ready", async () => {
  const { fleet, scheduler } = setUp(3);
  fleet.startsReady = false;
  let isReady = false;
  const ready = scheduler.ready().then(() => isReady = true);
  assertEquals(fleet.all.length, 3);
  fleet.all[0].becomeReady();
  fleet.all[1].becomeReady();
  await turn();
  assertEquals(isReady, false);
  fleet.all[2].die({ reason: "uncaught" });
  await turn();
  assertEquals([fleet.all.length, isReady], [4, false]);
  fleet.all[3].becomeReady();
  await within(10_000, ready);
  await within(10_000, scheduler.ready());
  assertEquals(fleet.all.length, 4);
  await scheduler.terminate();
});

Deno.test("Scheduler.terminate() cancels waiting and running calls, kills every worker, and then ends", async () => {
  const { fleet, scheduler, task } = setUp(2);
  const jobs = [new ListJob(scheduler, task, numbers(100)), new ListJob(scheduler, task, ["later"])];
  await turn();
  for (const worker of fleet.all) worker.start();
  const sent = fleet.all.map((worker) => worker.calls.length);
  await within(10_000, scheduler.terminate());
  assertEquals([scheduler.state, scheduler.jobs.size, scheduler.workerSet.slots.size], ["terminated", 0, 0]);
  assert(fleet.all.every(({ kills }) => kills === 1));
  for (const job of jobs) assert(job.ends.every((ends) => ends.length === 1));
  const unstarted = jobs[0].ends.flat().filter(({ outcome }) => outcome === "cancelled");
  assert(unstarted.length >= 98 && unstarted[0].value instanceof CancelledError);
  assertEquals(fleet.all.map((worker) => worker.calls.length), sent);
});

Deno.test("Scheduler.terminate() takes unstarted calls back before it kills the worker, so that none starts after it", async () => {
  const { fleet, scheduler, task } = setUp();
  new ListJob(scheduler, task, numbers(6));
  await turn();
  const [worker] = fleet.all;
  fleet.exitsOnRequest = false;
  worker.start();
  const ended = scheduler.terminate();
  assertEquals(worker.inFlight, [0]);
  worker.die({ reason: "terminated" });
  await within(10_000, ended);
});

Deno.test("Scheduler.terminate() after close() kills the workers that are still leaving", async () => {
  const { fleet, scheduler, task } = setUp();
  const job = new ListJob(scheduler, task, numbers(1));
  await turn();
  await finish(fleet, job);
  fleet.exitsOnRequest = false;
  scheduler.close();
  assertEquals([fleet.all[0].closes, fleet.all[0].kills], [1, 0]);
  const ended = scheduler.terminate();
  assertEquals(fleet.all[0].kills, 1);
  fleet.all[0].die({ reason: "terminated" });
  await within(10_000, ended);
});

Deno.test("Scheduler leaves no timer behind when it has ended", async () => {
  const { fleet, scheduler, task } = setUp();
  const job = new ListJob(scheduler, task, numbers(3));
  await turn();
  await finish(fleet, job);
  assertEquals([scheduler.state, scheduler.jobs.size], ["open", 0]);
  // The sanitizer of this test reports any timer that is left behind.
  const ended = scheduler.terminate();
  fleet.all.forEach((worker) => worker.die({ reason: "terminated" }));
  await within(10_000, ended);
});
