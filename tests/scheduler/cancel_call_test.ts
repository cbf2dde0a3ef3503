import { assert, assertEquals } from "@std/assert";
import { CancelledError } from "../../lib/core/errors.ts";
import { callScheduler } from "./call_scheduler.ts";
import { testWithClock, turn } from "./manual_clock.ts";

for (const force of [true, false]) {
  testWithClock(
    `Future.cancel(reason, { force: ${force} }): a call that waits is cancelled at once and never sent`,
    async () => {
      const { fleet, submit, end } = callScheduler();
      const future = submit("a");
      assertEquals([future.state, future.cancel("why", { force }), future.state], ["pending", true, "cancelled"]);
      const error = await future.catch((thrown) => thrown) as CancelledError;
      assert(error instanceof CancelledError);
      assertEquals([error.cause, future.cancel()], ["why", true]);
      await turn();
      assert(fleet.all.every((worker) => worker.calls.length === 0));
      await end();
    },
  );

  testWithClock(
    `Future.cancel(reason, { force: ${force} }): a call that was sent and has not started counts as pending`,
    async () => {
      const { fleet, submit, end } = callScheduler();
      const futures = ["a", "b", "c"].map((arg) => submit(arg));
      await turn();
      const [worker] = fleet.all;
      while (worker.calls.length < 2) {
        worker.endIn(0.3);
        await turn();
      }
      worker.start();
      const next = futures.find((future) => !future.done && !future.running)!;
      assertEquals([next.state, next.cancel("why", { force }), next.state], ["pending", true, "cancelled"]);
      assertEquals([worker.kills, worker.signals], [0, []]);
      await next.catch(() => {});
      while (futures.some((future) => !future.done)) {
        worker.end();
        await turn();
      }
      assertEquals(futures.filter((future) => future.cancelled).length, 1);
      await end();
    },
  );
}

testWithClock(
  "Future.cancel(): a running call gets its signal, then force, and is cancelled once it has ended",
  async (clock) => {
    const { fleet, submit, end } = callScheduler();
    const future = submit("a");
    await turn();
    const [worker] = fleet.all;
    fleet.exitsOnRequest = false;
    worker.start();
    assertEquals([future.state, future.workerId, future.cancel("why"), future.state], ["running", 1, true, "running"]);
    assertEquals([worker.signals.length, worker.kills], [1, 0]);
    assertEquals((worker.signals[0].reason as Error).cause, "why");
    await clock.advance(19);
    assertEquals(worker.kills, 0);
    await clock.advance(1);
    assertEquals([worker.kills, future.state], [1, "running"]);
    worker.die({ reason: "terminated" });
    const error = await future.exception().catch((thrown) => thrown) as CancelledError;
    assertEquals([error.name, error.cause, future.state, future.workerId], ["CancelledError", "why", "cancelled", 1]);
    await end();
  },
);

testWithClock("Future.cancel(): a running call that obeys its signal within the grace keeps its worker", async () => {
  const { fleet, submit, end } = callScheduler(60_000);
  const future = submit("a");
  await turn();
  fleet.all[0].start();
  future.cancel();
  fleet.all[0].end(false, new Error("aborted"));
  assertEquals([future.state, fleet.all[0].kills], ["cancelled", 0]);
  await future.catch(() => {});
  await end();
});

testWithClock("Future.cancel(reason, { force: false }): a running call settles as the task does", async (clock) => {
  const { fleet, submit, end } = callScheduler(10);
  const futures = ["stubborn", "sorry"].map((arg) => submit(arg));
  await turn();
  const [worker] = fleet.all;
  for (const [index, ok] of [true, false].entries()) {
    if (!worker.running) worker.start();
    assertEquals(futures[index].cancel("why", { force: false }), true);
    assertEquals(futures[index].state, "running");
    await clock.advance(60);
    assertEquals(worker.kills, 0);
    worker.end(ok, ok ? "done" : "failed");
    await turn();
  }
  assertEquals(await futures[0], "done");
  assertEquals(await futures[1].exception(), "failed");
  assertEquals(futures.map((future) => [future.state, future.cancel()]), [["finished", false], ["finished", false]]);
  await end();
});

testWithClock("Future.cancel() by force after a polite cancel stops a call that ignores its signal", async (clock) => {
  const { fleet, submit, end } = callScheduler(10);
  const future = submit("a");
  await turn();
  fleet.all[0].start();
  future.cancel("please", { force: false });
  future.cancel("now");
  await clock.advance(10);
  const error = await future.catch((thrown) => thrown) as Error;
  assertEquals([error.cause, future.state, fleet.all[0].kills], ["now", "cancelled", 1]);
  await end();
});
