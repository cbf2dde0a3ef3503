import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { BrokenPoolError, WorkerCrashedError } from "../../lib/core/errors.ts";
import { Scheduler } from "../../lib/scheduler/scheduler.ts";
import { turn, within } from "../core/within.ts";
import { finish, HandFleet, ListWork, numbers } from "./hand_worker.ts";

const SOURCE = { url: "file:///m.ts", name: "a" };

// One worker that holds a batch of six calls.
async function one(fleet = new HandFleet()) {
  const scheduler = new Scheduler({ launch: fleet.launch, workers: 1, killGrace: 100 });
  const task = scheduler.tasks.named(SOURCE);
  task.estimate = 0.3;
  const work = new ListWork(scheduler, task, numbers(6));
  await turn();
  assertEquals(fleet.all[0].held, numbers(6));
  return { fleet, scheduler, task, work, worker: fleet.all[0] };
}

Deno.test("Scheduler: a worker's death loses only the call that ran; the rest moves on in order", async () => {
  const { fleet, scheduler, work, worker } = await one();
  worker.end();
  worker.start();
  worker.die({ reason: "exit", exitCode: 7 });
  await turn();
  await turn();
  const error = work.values[1] as WorkerCrashedError;
  assert(error instanceof WorkerCrashedError);
  assertEquals([error.reason, error.exitCode], ["exit", 7]);
  await finish(fleet, work);
  assertEquals(fleet.all[1].calls.map(({ item }) => item), [2, 3, 4, 5]);
  assertEquals(work.outcomes, ["fulfilled", "rejected", "fulfilled", "fulfilled", "fulfilled", "fulfilled"]);
  await scheduler.terminate();
});

Deno.test("Scheduler: what ended before a worker died between two calls is not sent again", async () => {
  const { fleet, scheduler, work, worker } = await one();
  worker.end();
  worker.end();
  worker.die({ reason: "exit", exitCode: 0 });
  await finish(fleet, work);
  assertEquals(fleet.all[1].calls.map(({ item }) => item), [2, 3, 4, 5]);
  assertEquals(work.ends.map((ends) => ends.length), [1, 1, 1, 1, 1, 1]);
  assertEquals(work.values, numbers(6));
  await scheduler.terminate();
});

Deno.test("Scheduler: what a dead worker gave back goes before what waited in line", async () => {
  const { fleet, scheduler, task, work, worker } = await one();
  const later = new ListWork(scheduler, task, ["later"]);
  worker.start();
  worker.die({ reason: "oom" });
  await finish(fleet, work, later);
  assertEquals(fleet.all[1].calls.map(({ item }) => item), [1, 2, 3, 4, 5, "later"]);
  assertEquals((work.values[0] as WorkerCrashedError).reason, "oom");
  assertEquals(later.values, ["later"]);
  await scheduler.terminate();
});

Deno.test("Scheduler: an idle worker's death loses nothing and starts nobody until there is work", async () => {
  const { fleet, scheduler, task, work, worker } = await one();
  await finish(fleet, work);
  worker.die({ reason: "uncaught" });
  await turn();
  assertEquals(fleet.all.length, 1);
  const next = new ListWork(scheduler, task, ["next"]);
  await turn();
  await finish(fleet, next);
  assertEquals([fleet.all.length, next.outcomes], [2, ["fulfilled"]]);
  await scheduler.terminate();
});

Deno.test("Scheduler gives up after three workers in a row that die before they took a task, with the cause", async () => {
  const fleet = new HandFleet();
  fleet.eager = false;
  const scheduler = new Scheduler({ launch: fleet.launch, workers: 1, killGrace: 100 });
  const work = new ListWork(scheduler, scheduler.tasks.named(SOURCE), numbers(3));
  const cause = new Error("initializer failed");
  for (let i = 0; i < 3; i++) {
    await turn();
    fleet.all[i].die({ reason: "uncaught", cause });
  }
  await within(10_000, scheduler.ended);
  assertEquals([fleet.all.length, scheduler.state, scheduler.jobs.size], [3, "broken", 0]);
  assertStrictEquals(scheduler.cause, cause);
  for (const value of work.values) {
    assert(value instanceof BrokenPoolError);
    assertStrictEquals((value as BrokenPoolError).cause, cause);
  }
});

Deno.test("Scheduler.ready() rejects with the cause when no worker comes up", async () => {
  const fleet = new HandFleet();
  fleet.eager = false;
  const scheduler = new Scheduler({ launch: fleet.launch, workers: 2, killGrace: 100 });
  const cause = new Error("no entry");
  const ready = scheduler.ready().catch((error: unknown) => error);
  for (let i = 0; i < 3; i++) {
    fleet.all[i].die({ reason: "uncaught", cause });
    await turn();
  }
  const error = await within(10_000, ready) as BrokenPoolError;
  assert(error instanceof BrokenPoolError);
  assertStrictEquals(error.cause, cause);
  await within(10_000, scheduler.ended);
});

Deno.test("Scheduler goes on past deaths that each took a running call along: those are the task's doing", async () => {
  const fleet = new HandFleet();
  const scheduler = new Scheduler({ launch: fleet.launch, workers: 1, killGrace: 100 });
  const work = new ListWork(scheduler, scheduler.tasks.named(SOURCE), numbers(8));
  for (let i = 0; i < 8; i++) {
    await turn();
    await turn();
    const worker = fleet.all.at(-1)!;
    worker.start();
    worker.die({ reason: "exit", exitCode: 1 });
  }
  await turn();
  await turn();
  assertEquals([scheduler.state, fleet.all.length], ["open", 8]);
  assert(work.outcomes.every((outcome) => outcome === "rejected"));
  await scheduler.terminate();
});

Deno.test("Scheduler: one that took a task between two stillborn workers resets the count", async () => {
  const fleet = new HandFleet();
  fleet.eager = false;
  const scheduler = new Scheduler({ launch: fleet.launch, workers: 1, killGrace: 100 });
  const work = new ListWork(scheduler, scheduler.tasks.named(SOURCE), numbers(4));
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < 2; i++) {
      await turn();
      fleet.all.at(-1)!.die({ reason: "uncaught" });
    }
    await turn();
    await turn();
    const worker = fleet.all.at(-1)!;
    worker.events.ready();
    await turn();
    worker.end();
    worker.events.measured(1, 30);
    worker.die({ reason: "terminated" });
    await turn();
  }
  assertEquals([scheduler.state, work.outcomes], ["open", numbers(4).map(() => "fulfilled")]);
  await scheduler.terminate();
});
