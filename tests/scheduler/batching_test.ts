import { assert, assertEquals } from "@std/assert";
import { Scheduler } from "../../lib/scheduler/scheduler.ts";
import { turn } from "../core/within.ts";
import { finish, HandFleet, ListWork, numbers } from "./hand_worker.ts";

const A = { url: "file:///m.ts", name: "a" };
const B = { url: "file:///m.ts", name: "b" };

Deno.test("Scheduler starts no worker before there is work, and no more than there are calls", async () => {
  const fleet = new HandFleet();
  const scheduler = new Scheduler({ launch: fleet.launch, workers: 4, killGrace: 100 });
  await turn();
  assertEquals(fleet.all.length, 0);
  const work = new ListWork(scheduler, scheduler.tasks.named(A), numbers(2));
  await turn();
  assertEquals(fleet.all.length, 2);
  await finish(fleet, work);
  await scheduler.terminate();
});

Deno.test("Scheduler starts works in the order they were enqueued, and lets them take turns", async () => {
  const fleet = new HandFleet();
  const scheduler = new Scheduler({ launch: fleet.launch, workers: 1, killGrace: 100 });
  const order: unknown[] = [];
  const works = [["a0", "a1", "a2"], ["b0"], ["c0", "c1"]].map((items) =>
    new ListWork(scheduler, scheduler.tasks.named(A), items)
  );
  await turn();
  const [worker] = fleet.all;
  while (worker.held.length > 0) {
    order.push(worker.start());
    worker.end();
    worker.events.measured(1, 0.5);
    await turn();
  }
  assertEquals(order, ["a0", "b0", "c0", "c1", "a1", "a2"]);
  assertEquals(works.map((work) => work.values), [["a0", "a1", "a2"], ["b0"], ["c0", "c1"]]);
  await scheduler.terminate();
});

Deno.test("Scheduler tries an unknown task with one call, then sends about 2 ms of work", async () => {
  const fleet = new HandFleet();
  const scheduler = new Scheduler({ launch: fleet.launch, workers: 1, killGrace: 100 });
  const work = new ListWork(scheduler, scheduler.tasks.named(A), numbers(1_000));
  await turn();
  const [worker] = fleet.all;
  assertEquals(worker.held.length, 1);
  worker.end();
  worker.events.measured(1, 0.1);
  await turn();
  assertEquals(worker.batches.map(({ items }) => items.length), [1, 20]);
  work.abandon("cancelled", "over");
  await scheduler.terminate();
});

Deno.test("Scheduler sends one call at a time where a call takes 20 ms or more", async () => {
  const fleet = new HandFleet();
  const scheduler = new Scheduler({ launch: fleet.launch, workers: 1, killGrace: 100 });
  new ListWork(scheduler, scheduler.tasks.named(A), numbers(5));
  await turn();
  const [worker] = fleet.all;
  for (let i = 0; i < 5; i++) {
    assertEquals(worker.held, [i]);
    worker.end();
    worker.events.measured(1, 25);
    await turn();
  }
  assertEquals(worker.batches.length, 5);
  await scheduler.terminate();
});

Deno.test("Scheduler tops a worker up at half, never beyond its window", async () => {
  const fleet = new HandFleet(16);
  const scheduler = new Scheduler({ launch: fleet.launch, workers: 1, killGrace: 100 });
  const work = new ListWork(scheduler, scheduler.tasks.named(A), numbers(200));
  await turn();
  const [worker] = fleet.all;
  worker.end();
  worker.events.measured(1, 0.001);
  await turn();
  assertEquals(worker.held.length, 16);
  for (let i = 0; i < 7; i++) worker.end();
  worker.events.measured(7, 0.007);
  await turn();
  assertEquals(worker.held.length, 9);
  worker.end();
  worker.events.measured(1, 0.001);
  await turn();
  assertEquals(worker.held.length, 16);
  let most = 0;
  while (worker.held.length > 0) {
    most = Math.max(most, worker.held.length);
    worker.end();
    worker.events.measured(1, 0.001);
    await turn();
  }
  assertEquals(most, 16);
  assertEquals(work.values, numbers(200));
  await scheduler.terminate();
});

Deno.test("Scheduler batches neighbouring calls of one task, not those of another or with another timeout", async () => {
  const fleet = new HandFleet();
  const scheduler = new Scheduler({ launch: fleet.launch, workers: 1, killGrace: 100 });
  const a = scheduler.tasks.named(A);
  a.estimate = 0.1;
  const b = scheduler.tasks.named(B);
  b.estimate = 0.1;
  fleet.eager = false;
  const works = [
    new ListWork(scheduler, a, ["a0"]),
    new ListWork(scheduler, a, ["a1", "a2"]),
    new ListWork(scheduler, b, ["b0"]),
    new ListWork(scheduler, b, ["b1"], 60_000),
    new ListWork(scheduler, b, ["b2"], 60_000),
  ];
  await turn();
  const [worker] = fleet.all;
  worker.events.ready();
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
  await finish(fleet, ...works);
  await scheduler.terminate();
});

Deno.test("Scheduler shares a short line among its workers", async () => {
  const fleet = new HandFleet();
  const scheduler = new Scheduler({ launch: fleet.launch, workers: 2, killGrace: 100 });
  await scheduler.ready();
  const task = scheduler.tasks.named(A);
  task.estimate = 0.001;
  const works = numbers(10).map((n) => new ListWork(scheduler, task, [n]));
  await turn();
  assert(fleet.all.every((worker) => worker.held.length >= 3), "one worker swallowed the line");
  await finish(fleet, ...works);
  await scheduler.terminate();
});

Deno.test("Scheduler: one call of a batch that cannot be sent fails alone, the others run", async () => {
  const fleet = new HandFleet();
  fleet.refuse = ({ items }) => {
    if (items.includes("bad")) throw new DOMException("could not be cloned", "DataCloneError");
  };
  const scheduler = new Scheduler({ launch: fleet.launch, workers: 1, killGrace: 100 });
  const task = scheduler.tasks.named(A);
  task.estimate = 0.1;
  const work = new ListWork(scheduler, task, ["a", "b", "bad", "c"]);
  await turn();
  await finish(fleet, work);
  assertEquals(work.outcomes, ["fulfilled", "fulfilled", "rejected", "fulfilled"]);
  assertEquals((work.values[2] as Error).name, "TransferError");
  await scheduler.terminate();
});
