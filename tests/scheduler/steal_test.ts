import { assert, assertEquals } from "@std/assert";
import { random } from "../support/random.ts";
import { testWithClock, turn } from "./manual_clock.ts";
import { finish, ListJob, manualScheduler, numbers, taskOf } from "./manual_worker.ts";

// Two workers that have six calls in flight between them, which are known to take `taskTakes` ms each.
async function setUp(taskTakes: number, items = 6) {
  const { fleet, scheduler, task } = manualScheduler({ workers: 2, taskTakes });
  await scheduler.ready();
  const job = new ListJob(scheduler, task, numbers(items));
  await turn();
  const [first, second] = fleet.all;
  return { fleet, scheduler, job, first, second };
}

testWithClock("Scheduler gives an idle worker all that waits behind a slow call, and each call once", async () => {
  const { fleet, scheduler, job, first, second } = await setUp(0.3, 8);
  first.start();
  for (let round = 0; round < 20 && first.inFlight.length + second.inFlight.length > 1; round++) {
    if (second.inFlight.length > 0) second.endAll(0.3);
    await turn();
  }
  assertEquals([first.inFlight, second.inFlight], [[0], []]);
  await finish(fleet, job);
  assertEquals(job.values, numbers(8));
  assert(job.ends.every((ends) => ends.length === 1));
  await scheduler.terminate();
});

testWithClock(
  "Scheduler: a call that was taken back goes to the idle worker, not back to the busy one again and again",
  async () => {
    const { fleet, scheduler, job, first, second } = await setUp(1, 4);
    assertEquals([first.inFlight, second.inFlight], [[0, 1], [2, 3]]);
    first.start();
    const sent = first.batches.length;
    second.endAll(1);
    await turn();
    const again = first.batches.length - sent;
    assert(again <= 1, `the call was sent to the busy worker ${again} times`);
    assertEquals(second.inFlight, [1]);
    await finish(fleet, job);
    await scheduler.terminate();
  },
);

testWithClock("Scheduler leaves a running call where it is", async () => {
  const { fleet, scheduler, job, first, second } = await setUp(1, 3);
  first.start();
  second.endAll();
  await turn();
  assertEquals(first.running?.item, 0);
  assertEquals(first.inFlight.includes(0), true);
  await finish(fleet, job);
  assertEquals(job.values, numbers(3));
  await scheduler.terminate();
});

testWithClock(
  "Scheduler takes calls of quick tasks back once their worker has reported nothing for 2 ms",
  async (clock) => {
    const { fleet, scheduler, job, first, second } = await setUp(0.01, 24);
    second.endIn(0.01);
    second.start();
    await turn();
    first.endAll(0.01);
    await clock.advance(1);
    assertEquals([first.inFlight, second.inFlight], [[], numbers(24).slice(13)]);
    await clock.advance(1);
    assertEquals([first.inFlight, second.inFlight], [numbers(24).slice(14), [13]]);
    await finish(fleet, job);
    assertEquals(job.values, numbers(24));
    await scheduler.terminate();
  },
);

testWithClock(
  "Scheduler settles each call exactly once under random ends, deaths, cancels and steals, 60 seeds",
  async (clock) => {
    for (let seed = 1; seed <= 60; seed++) {
      const next = random(seed);
      const window = 1 + Math.floor(next() * 16);
      const { fleet, scheduler } = manualScheduler({ window, workers: 1 + Math.floor(next() * 3), killGrace: 60_000 });
      const tasks = ["a", "b"].map((name) => taskOf(scheduler, name));
      const jobs: ListJob[] = [];
      const ran = new Map<unknown, number>();
      for (let step = 0; step < 60; step++) {
        const roll = next();
        const living = fleet.all.filter((worker) => !worker.gone);
        const worker = living[Math.floor(next() * living.length)];
        if (roll < 0.15 && jobs.length < 8 && scheduler.state === "open") {
          const mark = `${jobs.length}:`;
          const items = numbers(1 + Math.floor(next() * 12)).map((n) => mark + n);
          jobs.push(new ListJob(scheduler, tasks[Math.floor(next() * 2)], items));
        } else if (roll < 0.2 && jobs.length > 0) {
          const job = jobs[Math.floor(next() * jobs.length)];
          if (!job.isOver) job.abandon("cancelled", "cancelled by the test");
        } else if (roll < 0.27 && worker?.inFlight.length) {
          worker.die({ reason: "exit", exitCode: 1 });
        } else if (roll < 0.6 && worker?.inFlight.length && !worker.running) {
          const item = worker.start();
          ran.set(item, (ran.get(item) ?? 0) + 1);
        } else if (worker?.running) {
          const ok = next() < 0.8;
          worker.endIn(next() * 5, ok);
        }
        if (next() < 0.3) await clock.advance(Math.floor(next() * 4));
        else await Promise.resolve();
      }
      scheduler.close();
      for (let round = 0; round < 1_000 && scheduler.state !== "closed"; round++) {
        for (const worker of fleet.all) {
          while (!worker.gone && worker.inFlight.length > 0) {
            if (!worker.running) {
              const item = worker.start();
              ran.set(item, (ran.get(item) ?? 0) + 1);
            }
            worker.end();
          }
        }
        await turn();
        if (scheduler.state === "broken") break;
      }
      await scheduler.ended;
      for (const job of jobs) {
        job.ends.forEach((ends, index) => assertEquals(ends.length, 1, `seed ${seed}, item ${job.items[index]}`));
      }
      for (const [item, count] of ran) assertEquals(count, 1, `seed ${seed}: ${String(item)} ran ${count} times`);
    }
  },
);

testWithClock(
  "Scheduler gives all four calls to one worker if they are 80 us of work, not if they are 400",
  async () => {
    const withFirst: number[] = [];
    for (const taskTakes of [0.02, 0.1]) {
      const { fleet, scheduler, job, first } = await setUp(taskTakes, 4);
      withFirst.push(first.batches[0].items.length);
      await finish(fleet, job);
      assertEquals(job.values, numbers(4));
      await scheduler.terminate();
    }
    assertEquals([withFirst[0], withFirst[1] < 4], [4, true]);
  },
);
