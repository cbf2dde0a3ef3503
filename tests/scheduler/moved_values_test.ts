import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { WorkerCrashedError } from "@isopool/isopool";
import { UnobservedFailures } from "../../lib/future/unobserved_failures.ts";
import { submitTo } from "./call_scheduler.ts";
import { testWithClock, turn } from "./manual_clock.ts";
import { manualScheduler } from "./manual_worker.ts";

/** A function that submits a call, which may move values, to a scheduler of manual workers. */
function submitter(failures: UnobservedFailures, options: Parameters<typeof manualScheduler>[0]) {
  const manual = manualScheduler(options);
  const submit = (name: string, transfer: Transferable[] = []) =>
    submitTo({ scheduler: manual.scheduler, failures }, manual.task, name, {}, transfer);
  return { ...manual, submit };
}

testWithClock(
  "Scheduler sends a call that moves its values to an idle worker only, since it could not come back",
  async () => {
    using failures = new UnobservedFailures();
    const { fleet, scheduler, submit } = submitter(failures, { taskTakes: 0.1 });
    const buffer = new ArrayBuffer(8);
    const futures = [submit("plain"), submit("moving", [buffer]), submit("after")];
    await turn();
    const [worker] = fleet.all;
    assertEquals(worker.inFlight, [["plain"]]);
    worker.end();
    await turn();
    assertEquals(worker.inFlight, [["moving"], ["after"]]);
    assertEquals(worker.batches.map(({ transfer }) => transfer.length), [0, 1, 0]);
    worker.end();
    worker.end();
    assertEquals(await Promise.all(futures), [["plain"], ["moving"], ["after"]]);
    await scheduler.terminate();
  },
);

testWithClock(
  "Scheduler: a call with moved values at a worker that starts nothing for 5 s fails, and the others run elsewhere",
  async (clock) => {
    using failures = new UnobservedFailures();
    const { fleet, scheduler, submit } = submitter(failures, { taskTakes: 0.1 });
    const [moving, after] = [submit("moving", [new ArrayBuffer(8)]), submit("after")];
    await turn();
    const [worker] = fleet.all;
    await clock.advance(4_900);
    assertEquals([worker.kills, moving.state], [0, "pending"]);
    await clock.advance(1_100);
    assertEquals([worker.kills, moving.state, fleet.all.length], [1, "finished", 2]);
    const error = await assertRejects(() => moving.result(), WorkerCrashedError, "lost before it started");
    assertStringIncludes(error.message, "`transfer`");
    fleet.all[1].end();
    assertEquals(await after, ["after"]);
    await scheduler.terminate();
  },
);

testWithClock(
  "Scheduler: a call with moved values that starts while its silent worker is about to be stopped keeps the worker",
  async (clock) => {
    using failures = new UnobservedFailures();
    const { fleet, scheduler, submit } = submitter(failures, { taskTakes: 0.1 });
    const moving = submit("moving", [new ArrayBuffer(8)]);
    await turn();
    const [worker] = fleet.all;
    await clock.advance(4_900);
    fleet.beforeHostStep = () => {
      fleet.beforeHostStep = undefined;
      worker.start();
    };
    await clock.advance(1_100);
    assertEquals([worker.kills, worker.running?.item], [0, ["moving"]]);
    worker.end();
    assertEquals(await moving, ["moving"]);
    await scheduler.terminate();
  },
);
