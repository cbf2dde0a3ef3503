/**
 * The forced end of a worker, in every order of what the host and the worker do. Before each step of the host, the worker
 * takes any number of its own: it ends the call that runs, or starts the next one. `tests/model/forced_ends.ts` is the
 * same as a model, with mutants.
 */
import { assert, assertEquals } from "@std/assert";
import { timerFunctions } from "../../lib/core/timer.ts";
import { type ManualClock, testWithClock, turn } from "./manual_clock.ts";
import { finish, ListJob, type ManualFleet, manualScheduler, type ManualWorker, numbers } from "./manual_worker.ts";

/** Calls behind the one that is stopped. */
const INNOCENT = 3;
const GRACE = 10;

type Scheduler = ReturnType<typeof manualScheduler>["scheduler"];

/** Ways in which a worker is stopped by force. `first` is the call that is stopped, if one runs. */
interface Way {
  name: string;
  timeout?: number;
  /** Whether the first call runs. If not, something else blocks the worker. */
  runs: boolean;
  stop(clock: ManualClock, scheduler: Scheduler, first: ListJob): Promise<void>;
}

const WAYS: Way[] = [
  { name: "a timeout", timeout: 5, runs: true, stop: (clock) => clock.advance(5 + GRACE) },
  {
    name: "cancel() or a signal",
    runs: true,
    async stop(clock, scheduler, first) {
      scheduler.revoke(first, "cancelled", "stop");
      await clock.advance(GRACE);
    },
  },
  { name: "the check whether a worker starts its calls", runs: false, stop: (clock) => clock.advance(6_000) },
];

/** Runs `body` once for each sequence of choices that it can make, depth first. */
async function everyChoice(body: (choose: () => boolean) => Promise<void>): Promise<number> {
  let choices: boolean[] = [];
  for (let runs = 1;; runs++) {
    let at = 0;
    await body(() => {
      if (at === choices.length) choices.push(false);
      return choices[at++];
    });
    while (choices.at(-1) === true) choices.pop();
    if (choices.length === 0) return runs;
    choices = [...choices.slice(0, -1), true];
  }
}

/** One step of the worker, if there is one: it ends the running call, or starts the next. */
function step(worker: ManualWorker): boolean {
  if (worker.gone) return false;
  if (worker.running) worker.endLater();
  else if (worker.calls.some(({ state }) => state === "queued")) worker.start();
  else return false;
  return true;
}

async function run(
  clock: ManualClock,
  way: Way,
  fleet: ManualFleet,
  scheduler: Scheduler,
  jobs: ListJob[],
): Promise<void> {
  await turn();
  const [worker] = fleet.all;
  assertEquals(worker.inFlight.length, 1 + INNOCENT);
  if (way.runs) worker.start();
  await way.stop(clock, scheduler, jobs[0]);
  fleet.beforeHostStep = undefined;
  await finish(fleet, ...jobs);
}

for (const way of WAYS) {
  testWithClock(`Scheduler: a worker that ${way.name} stops loses no other call, in every order`, async (clock) => {
    let killed = 0;
    const orders = await everyChoice(async (choose) => {
      const { fleet, scheduler, task } = manualScheduler({ killGrace: GRACE, taskTakes: 0.3 });
      const first = new ListJob(scheduler, task, ["first"], way.timeout);
      const innocent = numbers(INNOCENT).map((n) => new ListJob(scheduler, task, [n]));
      fleet.beforeHostStep = (worker) => {
        while (worker.calls.some(({ state }) => state === "queued" || state === "running") && choose()) step(worker);
      };
      await run(clock, way, fleet, scheduler, [first, ...innocent]);
      assertEquals(innocent.map(({ outcomes: [outcome] }) => outcome), innocent.map(() => "fulfilled"));
      if (!way.runs) assertEquals(first.outcomes, ["fulfilled"]);
      for (const { ends: [{ length }] } of [first, ...innocent]) assertEquals(length, 1);
      killed += fleet.all[0].kills;
      await scheduler.terminate();
    });
    console.log(`      ${orders} orders, ${killed} kills`);
    assert(orders > 10 && killed > 0 && killed < orders, `${orders} orders, ${killed} kills`);
  });
}

testWithClock(
  "Scheduler: a stopped call that has ended while the host was blocked for 1 s loses no other call",
  async (clock) => {
    const { fleet, scheduler, task } = manualScheduler({ killGrace: GRACE, taskTakes: 0.3 });
    const first = new ListJob(scheduler, task, ["first"], 5);
    const next = new ListJob(scheduler, task, ["next"]);
    await turn();
    const [worker] = fleet.all;
    worker.start();
    const result = Promise.withResolvers<void>();
    // The worker ends the call and starts the next one, just before the host takes back what has not started.
    fleet.beforeHostStep = () => {
      fleet.beforeHostStep = undefined;
      worker.endLater(result.promise);
      worker.start();
    };
    await clock.advance(5 + GRACE);
    // The blocked event loop runs its timers before it delivers the result.
    timerFunctions.setTimeout(() => result.resolve(), 1_000);
    await clock.advance(1_000);
    assertEquals([worker.kills, worker.running?.item, first.outcomes], [0, "next", ["rejected"]]);
    await finish(fleet, next);
    assertEquals(next.outcomes, ["fulfilled"]);
    await scheduler.terminate();
  },
);

testWithClock(
  "Scheduler: a worker that is about to be stopped gets no call, which could start beside the stopped one and be lost",
  async (clock) => {
    const { fleet, scheduler, task } = manualScheduler({ killGrace: GRACE, taskTakes: 0.3 });
    const first = new ListJob(scheduler, task, ["first"]);
    await turn();
    const [worker] = fleet.all;
    worker.start();
    scheduler.revoke(first, "cancelled", "stop");
    const next = new ListJob(scheduler, task, ["next"]);
    await turn();
    assertEquals(worker.inFlight, ["first"]);
    await clock.advance(GRACE);
    await finish(fleet, next);
    assertEquals([worker.kills, next.outcomes], [1, ["fulfilled"]]);
    await scheduler.terminate();
  },
);
