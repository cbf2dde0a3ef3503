import { assert, assertEquals } from "@std/assert";
import { TaskTimeoutError } from "../../lib/core/errors.ts";
import { testWithClock, turn } from "./manual_clock.ts";
import { finish, ListJob, manualScheduler, numbers } from "./manual_worker.ts";

testWithClock(
  "Scheduler: a timeout fires the signal; after the grace the worker is killed, and then the call settles",
  async (clock) => {
    const { fleet, scheduler, task } = manualScheduler({ killGrace: 30, taskTakes: 0.3 });
    const job = new ListJob(scheduler, task, numbers(3), 20);
    await turn();
    const [worker] = fleet.all;
    fleet.exitsOnRequest = false;
    worker.start();
    await clock.advance(19);
    assertEquals(worker.signals, []);
    await clock.advance(1);
    assertEquals([worker.signals.length, worker.kills, job.outcomes[0]], [1, 0, undefined]);
    assert(worker.signals[0].reason instanceof TaskTimeoutError);
    await clock.advance(29);
    assertEquals(worker.kills, 0);
    await clock.advance(1);
    assertEquals([worker.kills, job.outcomes], [1, [undefined, undefined, undefined]]);
    fleet.exitsOnRequest = true;
    worker.die({ reason: "terminated" });
    await turn();
    const error = job.values[0] as TaskTimeoutError;
    assert(error instanceof TaskTimeoutError);
    assertEquals([error.timeout, job.outcomes[0], fleet.all.length], [20, "rejected", 2]);
    await finish(fleet, job);
    assertEquals(job.outcomes, ["rejected", "fulfilled", "fulfilled"]);
    await scheduler.terminate();
  },
);

testWithClock(
  "Scheduler: a call that ends within its grace keeps its worker, and is a timeout all the same",
  async (clock) => {
    const { fleet, scheduler, task } = manualScheduler({ killGrace: 10_000, taskTakes: 0.3 });
    const job = new ListJob(scheduler, task, numbers(2), 20);
    await turn();
    const [worker] = fleet.all;
    worker.start();
    await clock.advance(20);
    assertEquals(worker.signals.length, 1);
    worker.end();
    await finish(fleet, job);
    assertEquals([worker.kills, fleet.all.length, job.outcomes], [0, 1, ["rejected", "fulfilled"]]);
    assert(job.values[0] instanceof TaskTimeoutError);
    await scheduler.terminate();
  },
);

testWithClock(
  "Scheduler: a timeout counts from the start of the call; a call that waits may wait for any time",
  async (clock) => {
    const { fleet, scheduler, task } = manualScheduler({ killGrace: 10_000, taskTakes: 0.3 });
    const job = new ListJob(scheduler, task, numbers(3), 30);
    await turn();
    const [worker] = fleet.all;
    await clock.advance(115);
    assertEquals([worker.signals, job.outcomes], [[], [undefined, undefined, undefined]]);
    worker.end();
    worker.end();
    worker.start();
    await clock.advance(29);
    assertEquals(worker.signals, []);
    await clock.advance(1);
    assertEquals(worker.signals.map(({ seq }) => seq), [worker.running!.seq]);
    await finish(fleet, job);
    assertEquals(job.outcomes, ["fulfilled", "fulfilled", "rejected"]);
    await scheduler.terminate();
  },
);

testWithClock("Scheduler: a short timeout behind a long one fires in its own time", async (clock) => {
  const { fleet, scheduler, task } = manualScheduler({ killGrace: 10_000, taskTakes: 0.3 });
  const long = new ListJob(scheduler, task, ["long"], 60_000);
  const short = new ListJob(scheduler, task, ["short"], 50);
  await turn();
  const [worker] = fleet.all;
  assertEquals(worker.inFlight, ["long", "short"]);
  worker.start();
  await clock.advance(10);
  worker.end();
  assertEquals(worker.start(), "short");
  await clock.advance(49);
  assertEquals(worker.signals, []);
  await clock.advance(1);
  assertEquals(worker.signals.length, 1);
  worker.end();
  await finish(fleet, long, short);
  assert(short.values[0] instanceof TaskTimeoutError);
  await scheduler.terminate();
});

testWithClock("Scheduler: a call without a timeout may run for any time", async (clock) => {
  const { fleet, scheduler, task } = manualScheduler({ killGrace: 10, taskTakes: 0.3 });
  const job = new ListJob(scheduler, task, numbers(2));
  await turn();
  const [worker] = fleet.all;
  assertEquals(worker.batches[0].timeout, undefined);
  worker.start();
  await clock.advance(60_000);
  assertEquals([worker.signals, worker.kills], [[], 0]);
  await finish(fleet, job);
  await scheduler.terminate();
});

testWithClock(
  "Scheduler: the other calls of a worker that is killed for one call go to a new worker",
  async (clock) => {
    const { fleet, scheduler, task } = manualScheduler({ killGrace: 10, taskTakes: 0.3 });
    const job = new ListJob(scheduler, task, numbers(5), 30);
    await turn();
    const [worker] = fleet.all;
    worker.end();
    worker.start();
    await clock.advance(40);
    assertEquals([worker.kills, worker.gone, fleet.all.length], [1, true, 2]);
    await finish(fleet, job);
    assertEquals(job.outcomes, ["fulfilled", "rejected", "fulfilled", "fulfilled", "fulfilled"]);
    assert(job.ends.every((ends) => ends.length === 1));
    await scheduler.terminate();
  },
);

testWithClock(
  "Scheduler kills a worker that has not started its next call for 5 s; the calls go to a new one",
  async (clock) => {
    const { fleet, scheduler, task } = manualScheduler({ taskTakes: 0.3 });
    const job = new ListJob(scheduler, task, numbers(2));
    await turn();
    const [worker] = fleet.all;
    await clock.advance(4_900);
    assertEquals(worker.kills, 0);
    await clock.advance(1_100);
    assertEquals([worker.kills, fleet.all.length], [1, 2]);
    await finish(fleet, job);
    assertEquals(job.values, numbers(2));
    await scheduler.terminate();
  },
);

testWithClock(
  "Scheduler: a pause of the whole process, as of a laptop that sleeps, does not make a worker look blocked",
  async (clock) => {
    const { fleet, scheduler, task } = manualScheduler({ taskTakes: 0.3 });
    const job = new ListJob(scheduler, task, numbers(2));
    await turn();
    const [worker] = fleet.all;
    await clock.standStill(3_600_000);
    await clock.advance(2_000);
    assertEquals([worker.kills, worker.inFlight], [0, [0, 1]]);
    await finish(fleet, job);
    assertEquals([job.values, fleet.all.length], [numbers(2), 1]);
    await scheduler.terminate();
  },
);

testWithClock(
  "Scheduler: a worker that loads code for 50 s on a busy machine is not stopped, one that claims so for ever is",
  async (clock) => {
    const { fleet, scheduler, task } = manualScheduler({ taskTakes: 0.3 });
    const job = new ListJob(scheduler, task, numbers(2));
    await turn();
    const [worker] = fleet.all;
    worker.isLoading = true;
    await clock.advance(50_000);
    assertEquals([worker.kills, worker.inFlight], [0, [0, 1]]);
    await clock.advance(11_000);
    assertEquals([worker.kills, fleet.all.length], [1, 2]);
    await finish(fleet, job);
    assertEquals(job.values, numbers(2));
    await scheduler.terminate();
  },
);

testWithClock(
  "Scheduler: a worker that starts its call after four checks is not stopped at the fifth",
  async (clock) => {
    const { fleet, scheduler, task } = manualScheduler({ taskTakes: 0.3 });
    const job = new ListJob(scheduler, task, numbers(2));
    await turn();
    const [worker] = fleet.all;
    await clock.advance(4_500);
    worker.endIn(4_500);
    await clock.advance(4_400);
    assertEquals([worker.kills, worker.inFlight], [0, [1]]);
    await finish(fleet, job);
    await scheduler.terminate();
  },
);
