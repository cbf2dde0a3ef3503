import { assert, assertEquals } from "@std/assert";
import { BrokenPoolError } from "../../lib/core/errors.ts";
import { Scheduler } from "../../lib/scheduler/scheduler.ts";
import { turn, within } from "../core/within.ts";
import { expectError } from "../support/expect.ts";
import { HandFleet, type HandWorker, ListWork, numbers } from "./hand_worker.ts";

/** Collects what is warned of meanwhile. */
async function warnings(body: () => Promise<void>): Promise<string[]> {
  const told: string[] = [];
  const { warn } = console;
  console.warn = (...parts: unknown[]) => told.push(parts.join(" "));
  try {
    await body();
  } finally {
    console.warn = warn;
  }
  return told;
}

function setUp(workers: number) {
  const fleet = new HandFleet();
  fleet.obedient = false;
  const scheduler = new Scheduler({ launch: fleet.launch, workers, killGrace: 1 });
  const task = scheduler.tasks.named({ url: "file:///tasks.ts", name: "endless" });
  const work = new ListWork(scheduler, task, numbers(100));
  /** The newest worker runs a call and is given up. */
  const giveUp = async (): Promise<HandWorker> => {
    const known = fleet.all.length;
    while (!fleet.all.some((each) => !each.gone && each.held.length > 0)) await turn();
    const worker = fleet.all.find((each) => !each.gone && each.held.length > 0)!;
    worker.start();
    worker.die({ reason: "terminated", abandoned: true });
    await turn();
    assert(fleet.all.length >= known);
    return worker;
  };
  return { fleet, scheduler, work, giveUp };
}

async function end(scheduler: Scheduler, fleet: HandFleet): Promise<void> {
  fleet.obedient = true;
  for (const worker of fleet.all) worker.die({ reason: "terminated" });
  await within(10_000, scheduler.terminate());
}

Deno.test("Scheduler counts abandoned workers, replaces them, and tells of them once, naming the task", async () => {
  const { fleet, scheduler, work, giveUp } = setUp(1);
  const told = await warnings(async () => {
    for (let n = 1; n <= 4; n++) {
      await giveUp();
      assertEquals([scheduler.abandoned.living, scheduler.state], [n, "open"]);
    }
  });
  assertEquals(told.length, 1);
  assert(told[0].includes(`task "endless" of file:///tasks.ts`), told[0]);
  assertEquals(work.outcomes.filter((outcome) => outcome === "rejected").length, 4);
  await end(scheduler, fleet);
});

Deno.test("Scheduler breaks with more than 4, or twice its workers, of them alive; what waits is rejected", async () => {
  for (const [workers, most] of [[1, 4], [2, 4], [3, 6]]) {
    const { fleet, scheduler, work, giveUp } = setUp(workers);
    await warnings(async () => {
      for (let n = 0; n < most; n++) await giveUp();
      assertEquals(scheduler.state, "open");
      await giveUp();
    });
    assertEquals(scheduler.state, "broken");
    const { message } = expectError(scheduler.cause, BrokenPoolError);
    assert(/could not be stopped.*process/.test(message), message);
    assert(work.ends.at(-1)![0].value === scheduler.cause);
    await end(scheduler, fleet);
  }
});

Deno.test("Scheduler does not count an abandoned worker that has ended after all", async () => {
  const { fleet, scheduler, giveUp } = setUp(1);
  await warnings(async () => {
    for (let n = 0; n < 20; n++) {
      const worker = await giveUp();
      assertEquals(scheduler.abandoned.living, 1);
      worker.events.abandonedExited();
      assertEquals([scheduler.abandoned.living, scheduler.state], [0, "open"]);
    }
  });
  await end(scheduler, fleet);
});
