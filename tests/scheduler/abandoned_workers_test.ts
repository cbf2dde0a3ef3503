import { assert, assertEquals } from "@std/assert";
import { BrokenPoolError } from "../../lib/core/errors.ts";
import type { Scheduler } from "../../lib/scheduler/scheduler.ts";
import { expectError } from "../support/expect.ts";
import { warningsDuring } from "../support/warnings.ts";
import { turn, within } from "../support/within.ts";
import { ListJob, type ManualFleet, manualScheduler, type ManualWorker, numbers } from "./manual_worker.ts";

function setUp(workers: number) {
  const { fleet, scheduler } = manualScheduler({ workers, killGrace: 1 });
  fleet.exitsOnRequest = false;
  const task = scheduler.tasks.named({ url: "file:///tasks.ts", name: "endless" });
  const job = new ListJob(scheduler, task, numbers(100));
  /** Has a worker start a call and die as abandoned. */
  const abandonWorker = async (): Promise<ManualWorker> => {
    while (!fleet.all.some((worker) => !worker.gone && worker.inFlight.length > 0)) await turn();
    const worker = fleet.all.find((worker) => !worker.gone && worker.inFlight.length > 0)!;
    worker.start();
    worker.die({ reason: "terminated", abandoned: true });
    await turn();
    return worker;
  };
  return { fleet, scheduler, job, abandonWorker };
}

async function end(scheduler: Scheduler, fleet: ManualFleet): Promise<void> {
  fleet.exitsOnRequest = true;
  for (const worker of fleet.all) worker.die({ reason: "terminated" });
  await within(10_000, scheduler.terminate());
}

Deno.test("Scheduler counts abandoned workers, replaces them, and warns once, naming the task", async () => {
  const { fleet, scheduler, job, abandonWorker } = setUp(1);
  const printed = await warningsDuring(async () => {
    for (let n = 1; n <= 4; n++) {
      await abandonWorker();
      assertEquals([scheduler.abandoned.living, scheduler.state], [n, "open"]);
    }
  });
  assertEquals(printed.length, 1);
  assert(printed[0].includes(`task "endless" of file:///tasks.ts`), printed[0]);
  assertEquals(job.outcomes.filter((outcome) => outcome === "rejected").length, 4);
  await end(scheduler, fleet);
});

Deno.test("Scheduler breaks with more living abandoned workers than 4 or twice its workers, and rejects what waits", async () => {
  for (const [workers, max] of [[1, 4], [2, 4], [3, 6]]) {
    const { fleet, scheduler, job, abandonWorker } = setUp(workers);
    await warningsDuring(async () => {
      for (let n = 0; n < max; n++) await abandonWorker();
      assertEquals(scheduler.state, "open");
      await abandonWorker();
    });
    assertEquals(scheduler.state, "broken");
    const { message } = expectError(scheduler.cause, BrokenPoolError);
    assert(/could not be stopped.*process/.test(message), message);
    // An error of its own, for the line that has submitted it.
    assertEquals(expectError(job.ends.at(-1)![0].value, BrokenPoolError).message, message);
    await end(scheduler, fleet);
  }
});

Deno.test("Scheduler does not count an abandoned worker that has ended after all", async () => {
  const { fleet, scheduler, abandonWorker } = setUp(1);
  await warningsDuring(async () => {
    for (let n = 0; n < 20; n++) {
      const worker = await abandonWorker();
      assertEquals(scheduler.abandoned.living, 1);
      worker.endAbandoned();
      assertEquals([scheduler.abandoned.living, scheduler.state], [0, "open"]);
    }
  });
  await end(scheduler, fleet);
});
