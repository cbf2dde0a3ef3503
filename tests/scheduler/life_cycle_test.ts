import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { BrokenPoolError, IsopoolError } from "../../lib/core/errors.ts";
import type { Launch } from "../../lib/transport/transport.ts";
import { turn, within } from "../support/within.ts";
import { runs } from "../support/properties.ts";
import { ListJob, ManualFleet, manualScheduler, numbers } from "./manual_worker.ts";
import { turnUntil } from "./manual_clock.ts";

const crashed = { reason: "exit", exitCode: 1 } as const;
const failedInitializer = { reason: "initializer", cause: new Error("no database") } as const;

/** One step in the life of a scheduler. A negative key stands for none. */
const STEP = fc.oneof(
  fc.record({ do: fc.constant("submit" as const), count: fc.integer({ min: 1, max: 6 }), key: fc.integer({ max: 3 }) }),
  fc.record({ do: fc.constant("resize" as const), by: fc.integer({ min: -1, max: 2 }) }),
  fc.record({ do: fc.constantFrom("end", "die", "failToStart", "kill" as const), which: fc.nat(9) }),
  fc.record({ do: fc.constantFrom("pause", "resume", "restart", "ready", "turn" as const) }),
);
const ENDING = fc.constantFrom("close", "closeAndCancel", "terminate", "closeThenTerminate");

Deno.test("a scheduler ends after any life: every job settles once, and no worker starts after its end", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
      fc.array(STEP, { maxLength: 40 }),
      ENDING,
      async (workers, maxTasks, steps, ending) => {
        const { fleet, scheduler, task } = manualScheduler({ workers, maxTasks, killGrace: 1, taskTakes: 1 });
        const jobs: ListJob[] = [];
        let limit = workers;
        const living = (which: number) => fleet.all.filter((worker) => !worker.gone)[which];
        for (const step of steps) {
          if (step.do === "submit" && scheduler.state === "open") {
            const key = step.key < 0 ? undefined : `key ${step.key}`;
            jobs.push(new ListJob(scheduler, task, numbers(step.count), undefined, 0, key));
          } else if (step.do === "resize" && limit + step.by >= 1) {
            limit += step.by;
            scheduler.resize(step.by);
          } else if (step.do === "end" && living(step.which)?.inFlight.length) living(step.which).endIn(1);
          else if (step.do === "die") living(step.which)?.die(crashed);
          else if (step.do === "failToStart") living(step.which)?.die(failedInitializer);
          else if (step.do === "kill") living(step.which)?.die({ reason: "terminated" });
          else if (step.do === "pause") scheduler.pause();
          else if (step.do === "resume") scheduler.resume();
          else if (step.do === "restart") void scheduler.restart();
          else if (step.do === "ready") scheduler.ready().catch(() => {});
          else if (step.do === "turn") await turn();
        }
        if (ending === "terminate") void scheduler.terminate();
        else {
          scheduler.close();
          if (ending === "closeAndCancel") scheduler.cancelWaiting();
          if (ending === "closeThenTerminate") void scheduler.terminate();
        }
        let ended = false;
        void scheduler.ended.then(() => ended = true);
        await turnUntil(() => ended, () => {
          for (const worker of fleet.all) if (!worker.gone && worker.inFlight.length > 0) worker.endAll(0.1);
        });
        const started = fleet.all.length;
        for (let i = 0; i < 3; i++) await turn();
        assertEquals(
          [fleet.all.length, scheduler.workerSet.slots.size],
          [started, 0],
          "a worker was started or is left",
        );
        for (const job of jobs) assert(job.ends.every((ends) => ends.length === 1), "a call settled never or twice");
      },
    ),
    runs(300, { shrink: true }),
  );
});

Deno.test("terminate() ends a scheduler in which calls of affinity keys wait", async () => {
  const { fleet, scheduler, task } = manualScheduler({ workers: 2, taskTakes: 30 });
  const jobs = numbers(20).map((n) => new ListJob(scheduler, task, [n], undefined, 0, `key ${n % 3}`));
  await turn();
  const started = fleet.all.length;
  await within(10_000, scheduler.terminate());
  await turn();
  assertEquals([fleet.all.length, scheduler.workerSet.slots.size], [started, 0]);
  assert(jobs.every((job) => job.outcomes[0] === "cancelled"));
});

Deno.test("a scheduler that breaks while calls of affinity keys wait starts no further worker, and ends", async () => {
  const { fleet, scheduler, task } = manualScheduler({ workers: 2 });
  fleet.startsReady = false;
  const jobs = numbers(6).map((n) => new ListJob(scheduler, task, [n], undefined, 0, `key ${n % 3}`));
  await turnUntil(() => scheduler.state === "broken", () => {
    for (const worker of fleet.all) worker.die(failedInitializer);
  });
  await within(10_000, scheduler.ended);
  const started = fleet.all.length;
  for (let i = 0; i < 3; i++) await turn();
  assertEquals(fleet.all.length, started);
  assert(jobs.every((job) => job.values[0] instanceof BrokenPoolError));
});

/**
 * Makes a fleet, and a launch that the runtime refuses while `refuses` says so; it gets the number of starts before.
 */
function refusing(
  refuses: (starts: number) => boolean,
  error: Error = Object.assign(new Error("no thread left"), { code: "EAGAIN" }),
) {
  const fleet = new ManualFleet();
  let starts = 0;
  const launch: Launch = (id, events) => {
    if (refuses(starts++)) throw error;
    return fleet.launch(id, events);
  };
  return { fleet, launch, starts: () => starts };
}

Deno.test("a worker that the runtime refuses to start is tried again, and no call is lost", async () => {
  const { fleet, launch } = refusing((starts) => starts < 2);
  const { scheduler, task } = manualScheduler({ workers: 1, launch });
  const job = new ListJob(scheduler, task, numbers(3));
  await turnUntil(() => !job.unfinished, () => {
    for (const worker of fleet.all) if (!worker.gone && worker.inFlight.length > 0) worker.endAll(0.1);
  });
  assertEquals(job.values, numbers(3));
  assertEquals(fleet.all.length, 1);
  await within(10_000, scheduler.terminate());
});

Deno.test("three refused starts in a row break the pool with the runtime's error, if no worker lives", async () => {
  const { launch } = refusing(() => true);
  const { scheduler, task } = manualScheduler({ workers: 2, launch });
  const job = new ListJob(scheduler, task, numbers(3));
  await within(10_000, scheduler.ended);
  assertEquals(scheduler.state, "broken");
  const error = job.values[0] as BrokenPoolError;
  assert(error instanceof BrokenPoolError && /could not be started/.test(error.message), String(error));
  assertEquals((error.cause as { code?: string }).code, "EAGAIN");
});

for (
  const [name, cause, isLimit] of [
    ["a permission", new Deno.errors.NotCapable('Requires env access to "X"'), false],
    ["descriptors", new Error("Too many open files (os error 24)"), true],
  ] as const
) {
  Deno.test(`a pool that breaks for lack of ${name} says so, and names the limits only if they are reached`, async () => {
    const { launch } = refusing(() => true, cause);
    const { scheduler, task } = manualScheduler({ workers: 1, launch });
    const job = new ListJob(scheduler, task, numbers(1));
    await within(10_000, scheduler.ended);
    const { message } = job.values[0] as BrokenPoolError;
    assert(message.includes(`${cause.name}: ${cause.message}`), message);
    assertEquals(/raise the limits/.test(message), isLimit, message);
  });
}

Deno.test("while a worker lives, refused starts never break the pool", async () => {
  const { fleet, launch, starts } = refusing((starts) => starts > 0);
  const { scheduler, task } = manualScheduler({ workers: 4, launch });
  const jobs = numbers(4).map((n) => new ListJob(scheduler, task, [n]));
  await turnUntil(() => starts() >= 4);
  assertEquals(scheduler.state, "open");
  await turnUntil(() => jobs.every((job) => !job.unfinished), () => {
    for (const worker of fleet.all) if (!worker.gone && worker.inFlight.length > 0) worker.endAll(0.1);
  });
  await within(10_000, scheduler.terminate());
});

Deno.test("while a worker lives, ready() rejects after three refused starts in a row, with the runtime's error", async () => {
  const { launch, starts } = refusing((starts) => starts > 0);
  const { scheduler } = manualScheduler({ workers: 4, launch });
  const error = await within(10_000, scheduler.ready().catch((error) => error));
  assert(error instanceof IsopoolError && !(error instanceof BrokenPoolError), String(error));
  assert(/^Cannot start workers: 1 of 4 run/.test(error.message), error.message);
  assertEquals([(error.cause as Error).message, starts(), scheduler.state], ["no thread left", 4, "open"]);
  await within(10_000, scheduler.terminate());
});
