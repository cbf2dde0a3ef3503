import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { BrokenPoolError, WorkerCrashedError } from "../../lib/core/errors.ts";
import { testWithClock, turn } from "./manual_clock.ts";
import { finish, ListJob, manualScheduler, numbers } from "./manual_worker.ts";

// One worker that has six calls in flight.
async function setUp() {
  const { fleet, scheduler, task } = manualScheduler({ taskTakes: 0.3 });
  const job = new ListJob(scheduler, task, numbers(6));
  await turn();
  assertEquals(fleet.all[0].inFlight, numbers(6));
  return { fleet, scheduler, task, job, worker: fleet.all[0] };
}

testWithClock("Scheduler: a worker's death loses only the call that ran; the rest moves on in order", async () => {
  const { fleet, scheduler, job, worker } = await setUp();
  worker.end();
  worker.start();
  worker.die({ reason: "exit", exitCode: 7 });
  await turn();
  await turn();
  const error = job.values[1] as WorkerCrashedError;
  assert(error instanceof WorkerCrashedError);
  assertEquals([error.reason, error.exitCode], ["exit", 7]);
  await finish(fleet, job);
  assertEquals(fleet.all[1].calls.map(({ item }) => item), [2, 3, 4, 5]);
  assertEquals(job.outcomes, ["fulfilled", "rejected", "fulfilled", "fulfilled", "fulfilled", "fulfilled"]);
  await scheduler.terminate();
});

testWithClock("Scheduler: a call that had ended when its worker died is not sent again", async () => {
  const { fleet, scheduler, job, worker } = await setUp();
  worker.end();
  worker.end();
  worker.die({ reason: "exit", exitCode: 0 });
  await finish(fleet, job);
  assertEquals(fleet.all[1].calls.map(({ item }) => item), [2, 3, 4, 5]);
  assertEquals(job.ends.map((ends) => ends.length), [1, 1, 1, 1, 1, 1]);
  assertEquals(job.values, numbers(6));
  await scheduler.terminate();
});

testWithClock("Scheduler: calls that come back from a dead worker go before those in the backlog", async () => {
  const { fleet, scheduler, task, job, worker } = await setUp();
  const later = new ListJob(scheduler, task, ["later"]);
  worker.start();
  worker.die({ reason: "oom" });
  await finish(fleet, job, later);
  assertEquals(fleet.all[1].calls.map(({ item }) => item), [1, 2, 3, 4, 5, "later"]);
  assertEquals((job.values[0] as WorkerCrashedError).reason, "oom");
  assertEquals(later.values, ["later"]);
  await scheduler.terminate();
});

testWithClock("Scheduler: calls of several jobs come back from a dead worker in their order", async () => {
  const { fleet, scheduler, task } = manualScheduler({ taskTakes: 0.3 });
  const jobs = numbers(5).map((n) => new ListJob(scheduler, task, [n]));
  await turn();
  const [worker] = fleet.all;
  assertEquals(worker.inFlight, numbers(5));
  worker.start();
  worker.die({ reason: "exit", exitCode: 1 });
  await finish(fleet, ...jobs);
  assertEquals(fleet.all[1].calls.map(({ item }) => item), [1, 2, 3, 4]);
  await scheduler.terminate();
});

testWithClock(
  "Scheduler: the death of an idle worker loses nothing and starts no other until there is a job",
  async () => {
    const { fleet, scheduler, task, job, worker } = await setUp();
    await finish(fleet, job);
    worker.die({ reason: "uncaught" });
    await turn();
    assertEquals(fleet.all.length, 1);
    const next = new ListJob(scheduler, task, ["next"]);
    await turn();
    await finish(fleet, next);
    assertEquals([fleet.all.length, next.outcomes], [2, ["fulfilled"]]);
    await scheduler.terminate();
  },
);

testWithClock(
  "Scheduler breaks after three workers in a row that die before they took a call, with the cause",
  async () => {
    const { fleet, scheduler, task } = manualScheduler();
    fleet.startsReady = false;
    const job = new ListJob(scheduler, task, numbers(3));
    const cause = new Error("initializer failed");
    for (let i = 0; i < 3; i++) {
      await turn();
      fleet.all[i].die({ reason: "uncaught", cause });
    }
    await scheduler.ended;
    assertEquals([fleet.all.length, scheduler.state, scheduler.jobs.size], [3, "broken", 0]);
    assertStrictEquals(scheduler.cause, cause);
    for (const value of job.values) {
      assert(value instanceof BrokenPoolError);
      assertStrictEquals((value as BrokenPoolError).cause, cause);
    }
  },
);

testWithClock("Scheduler.ready() rejects with the cause when no worker comes up", async () => {
  const { fleet, scheduler } = manualScheduler({ workers: 2 });
  fleet.startsReady = false;
  const cause = new Error("no entry");
  const ready = scheduler.ready().catch((error: unknown) => error);
  for (let i = 0; i < 3; i++) {
    fleet.all[i].die({ reason: "uncaught", cause });
    await turn();
  }
  const error = await ready as BrokenPoolError;
  assert(error instanceof BrokenPoolError);
  assertStrictEquals(error.cause, cause);
  await scheduler.ended;
});

testWithClock("Scheduler does not break when workers die in running calls: the tasks are the cause", async () => {
  const { fleet, scheduler, task } = manualScheduler();
  const job = new ListJob(scheduler, task, numbers(8));
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
  assert(job.outcomes.every((outcome) => outcome === "rejected"));
  await scheduler.terminate();
});

testWithClock("Scheduler: a worker that took a call, between others that did not, resets the count", async () => {
  const { fleet, scheduler, task } = manualScheduler();
  fleet.startsReady = false;
  const job = new ListJob(scheduler, task, numbers(4));
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < 2; i++) {
      await turn();
      fleet.all.at(-1)!.die({ reason: "uncaught" });
    }
    await turn();
    await turn();
    const worker = fleet.all.at(-1)!;
    worker.becomeReady();
    await turn();
    worker.endIn(30);
    worker.die({ reason: "terminated" });
    await turn();
  }
  assertEquals([scheduler.state, job.outcomes], ["open", numbers(4).map(() => "fulfilled")]);
  await scheduler.terminate();
});
