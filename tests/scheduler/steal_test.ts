import { assert, assertEquals } from "@std/assert";
import { Scheduler } from "../../lib/scheduler/scheduler.ts";
import { random, turn, within } from "../core/within.ts";
import { finish, HandFleet, ListWork, numbers } from "./hand_worker.ts";

const SOURCE = { url: "file:///m.ts", name: "a" };

// Two workers that hold six calls between them, `estimate` ms each as far as the scheduler knows.
async function two(estimate: number, items = 6) {
  const fleet = new HandFleet();
  const scheduler = new Scheduler({ launch: fleet.launch, workers: 2, killGrace: 100 });
  await scheduler.ready();
  const task = scheduler.tasks.named(SOURCE);
  task.estimate = estimate;
  const work = new ListWork(scheduler, task, numbers(items));
  await turn();
  const [first, second] = fleet.all;
  return { fleet, scheduler, task, work, first, second };
}

Deno.test("Scheduler gives an idle worker all that waits behind a slow call, and each call once", async () => {
  const { fleet, scheduler, work, first, second } = await two(0.3, 8);
  first.start();
  for (let round = 0; round < 20 && first.held.length + second.held.length > 1; round++) {
    if (second.held.length > 0) second.endAll(0.3);
    await turn();
  }
  assertEquals([first.held, second.held], [[0], []]);
  await finish(fleet, work);
  assertEquals(work.values, numbers(8));
  assert(work.ends.every((ends) => ends.length === 1));
  await scheduler.terminate();
});

Deno.test("Scheduler: a call that was taken back goes to the idle worker, not back to the busy one again and again", async () => {
  const { fleet, scheduler, work, first, second } = await two(1, 4);
  assertEquals([first.held, second.held], [[0, 1], [2, 3]]);
  first.start();
  const sent = first.batches.length;
  second.endAll(1);
  await turn();
  const again = first.batches.length - sent;
  assert(again <= 1, `the call was sent to the busy worker ${again} times`);
  assertEquals(second.held, [1]);
  await finish(fleet, work);
  await scheduler.terminate();
});

Deno.test("Scheduler leaves a running call where it is", async () => {
  const { fleet, scheduler, work, first, second } = await two(1, 3);
  first.start();
  second.endAll();
  await turn();
  assertEquals(first.running?.item, 0);
  assertEquals(first.held.includes(0), true);
  await finish(fleet, work);
  assertEquals(work.values, numbers(3));
  await scheduler.terminate();
});

Deno.test("Scheduler takes calls of quick tasks back once nothing was heard for a while (within 10 s)", async () => {
  const { fleet, scheduler, work, first, second } = await two(0.001);
  second.start();
  first.endAll(0.001);
  const deadline = performance.now() + 10_000;
  while (first.held.length === 0 && performance.now() < deadline) await turn();
  assert(first.held.length > 0, "the idle worker was given nothing");
  await finish(fleet, work);
  assertEquals(work.values, numbers(6));
  await scheduler.terminate();
});

Deno.test("Scheduler settles each call exactly once under random ends, deaths, cancels and steals, 60 seeds", async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const next = random(seed);
    const fleet = new HandFleet(1 + Math.floor(next() * 16));
    const scheduler = new Scheduler({ launch: fleet.launch, workers: 1 + Math.floor(next() * 3), killGrace: 60_000 });
    const tasks = ["a", "b"].map((name) => scheduler.tasks.named({ url: "file:///m.ts", name }));
    const works: ListWork[] = [];
    const ran = new Map<unknown, number>();
    for (let step = 0; step < 60; step++) {
      const roll = next();
      const living = fleet.all.filter((worker) => !worker.gone);
      const worker = living[Math.floor(next() * living.length)];
      if (roll < 0.15 && works.length < 8 && scheduler.state === "open") {
        const mark = `${works.length}:`;
        const items = numbers(1 + Math.floor(next() * 12)).map((n) => mark + n);
        works.push(new ListWork(scheduler, tasks[Math.floor(next() * 2)], items));
      } else if (roll < 0.2 && works.length > 0) {
        const work = works[Math.floor(next() * works.length)];
        if (!work.isOver) work.abandon("cancelled", "cancelled by the test");
      } else if (roll < 0.27 && worker?.held.length) {
        worker.die({ reason: "exit", exitCode: 1 });
      } else if (roll < 0.6 && worker?.held.length && !worker.running) {
        const item = worker.start();
        ran.set(item, (ran.get(item) ?? 0) + 1);
      } else if (worker?.running) {
        worker.end(next() < 0.8);
        worker.events.measured(1, next() * 5);
      }
      if (next() < 0.3) await turn();
      else await Promise.resolve();
    }
    scheduler.close();
    for (let round = 0; round < 1_000 && scheduler.state !== "closed"; round++) {
      for (const worker of fleet.all) {
        while (!worker.gone && worker.held.length > 0) {
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
    await within(10_000, scheduler.ended);
    for (const work of works) {
      work.ends.forEach((ends, index) => assertEquals(ends.length, 1, `seed ${seed}, item ${work.items[index]}`));
    }
    for (const [item, count] of ran) assertEquals(count, 1, `seed ${seed}: ${String(item)} ran ${count} times`);
  }
});
