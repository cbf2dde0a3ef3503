import { assert, assertEquals } from "@std/assert";
import { testWithClock, turn } from "./manual_clock.ts";
import { finish, ListJob, manualScheduler, numbers, taskOf } from "./manual_worker.ts";

testWithClock("Scheduler starts no worker before there is a job, and no more than there are calls", async () => {
  const { fleet, scheduler, task } = manualScheduler({ workers: 4 });
  await turn();
  assertEquals(fleet.all.length, 0);
  const job = new ListJob(scheduler, task, numbers(2));
  await turn();
  assertEquals(fleet.all.length, 2);
  await finish(fleet, job);
  await scheduler.terminate();
});

testWithClock("Scheduler starts jobs in the order they were enqueued, one chunk of each in turn", async () => {
  const { fleet, scheduler, task } = manualScheduler();
  const order: unknown[] = [];
  const jobs = [["a0", "a1", "a2"], ["b0"], ["c0", "c1"]].map((items) => new ListJob(scheduler, task, items));
  await turn();
  const [worker] = fleet.all;
  while (worker.inFlight.length > 0) {
    order.push(worker.start());
    worker.endIn(0.5);
    await turn();
  }
  assertEquals(order, ["a0", "b0", "c0", "c1", "a1", "a2"]);
  assertEquals(jobs.map((job) => job.values), [["a0", "a1", "a2"], ["b0"], ["c0", "c1"]]);
  await scheduler.terminate();
});

testWithClock("Scheduler tries a task of unknown length with one call, then sends about 2 ms of work", async () => {
  const { fleet, scheduler, task } = manualScheduler();
  const job = new ListJob(scheduler, task, numbers(1_000));
  await turn();
  const [worker] = fleet.all;
  assertEquals(worker.inFlight.length, 1);
  worker.endIn(0.1);
  await turn();
  assertEquals(worker.batches.map(({ items }) => items.length), [1, 20]);
  job.abandon("cancelled", "over");
  await scheduler.terminate();
});

testWithClock("Scheduler sends one call at a time where a call takes 20 ms or more", async () => {
  const { fleet, scheduler, task } = manualScheduler();
  new ListJob(scheduler, task, numbers(5));
  await turn();
  const [worker] = fleet.all;
  for (let i = 0; i < 5; i++) {
    assertEquals(worker.inFlight, [i]);
    worker.endIn(25);
    await turn();
  }
  assertEquals(worker.batches.length, 5);
  await scheduler.terminate();
});

testWithClock("Scheduler tops a worker up at half, never beyond its window", async () => {
  const { fleet, scheduler, task } = manualScheduler({ window: 16 });
  const job = new ListJob(scheduler, task, numbers(200));
  await turn();
  const [worker] = fleet.all;
  worker.endIn(0.001);
  await turn();
  assertEquals(worker.inFlight.length, 16);
  worker.endAll(0.001, 7);
  await turn();
  assertEquals(worker.inFlight.length, 9);
  worker.endIn(0.001);
  await turn();
  assertEquals(worker.inFlight.length, 16);
  let maxInFlight = 0;
  while (worker.inFlight.length > 0) {
    maxInFlight = Math.max(maxInFlight, worker.inFlight.length);
    worker.endIn(0.001);
    await turn();
  }
  assertEquals(maxInFlight, 16);
  assertEquals(job.values, numbers(200));
  await scheduler.terminate();
});

testWithClock(
  "Scheduler batches neighbouring calls of one task, not those of another or with another timeout",
  async () => {
    const { fleet, scheduler } = manualScheduler();
    const a = taskOf(scheduler, "a", 0.1);
    const b = taskOf(scheduler, "b", 0.1);
    fleet.startsReady = false;
    const jobs = [
      new ListJob(scheduler, a, ["a0"]),
      new ListJob(scheduler, a, ["a1", "a2"]),
      new ListJob(scheduler, b, ["b0"]),
      new ListJob(scheduler, b, ["b1"], 60_000),
      new ListJob(scheduler, b, ["b2"], 60_000),
    ];
    await turn();
    const [worker] = fleet.all;
    worker.becomeReady();
    await turn();
    for (let i = 0; i < 3; i++) {
      worker.endAll(0.1);
      await turn();
    }
    const groups = worker.batches.map(({ items }) => items);
    assertEquals(groups.flat(), ["a0", "a1", "a2", "b0", "b1", "b2"]);
    for (const items of groups) {
      const kinds = new Set(items.map((item) => `${item}`[0] + (["b1", "b2"].includes(item as string) ? "timed" : "")));
      assertEquals(kinds.size, 1, JSON.stringify(groups));
    }
    assert(groups.some((items) => items.length > 1), JSON.stringify(groups));
    await finish(fleet, ...jobs);
    await scheduler.terminate();
  },
);

testWithClock("Scheduler shares a short backlog among its workers", async () => {
  const { fleet, scheduler, task } = manualScheduler({ workers: 2, taskTakes: 0.001 });
  await scheduler.ready();
  const jobs = numbers(10).map((n) => new ListJob(scheduler, task, [n]));
  await turn();
  assert(fleet.all.every((worker) => worker.inFlight.length >= 3), "one worker got the whole backlog");
  await finish(fleet, ...jobs);
  await scheduler.terminate();
});

testWithClock("Scheduler: one call of a batch that cannot be sent fails alone, the others run", async () => {
  const { fleet, scheduler, task } = manualScheduler({ taskTakes: 0.1 });
  fleet.refuse = ({ items }) => {
    if (items.includes("bad")) throw new DOMException("could not be cloned", "DataCloneError");
  };
  const job = new ListJob(scheduler, task, ["a", "b", "bad", "c"]);
  await turn();
  await finish(fleet, job);
  assertEquals(job.outcomes, ["fulfilled", "fulfilled", "rejected", "fulfilled"]);
  assertEquals((job.values[2] as Error).name, "TransferError");
  await scheduler.terminate();
});
