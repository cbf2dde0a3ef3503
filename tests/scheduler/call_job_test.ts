import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { CancelledError, PoolClosedError, TransferError } from "../../lib/core/errors.ts";
import { UnobservedFailures } from "../../lib/future/unobserved_failures.ts";
import { CallJob } from "../../lib/pool/call_job.ts";
import type { CallOptions } from "../../lib/pool/pool_job.ts";
import { retryPolicy } from "../../lib/core/retry.ts";
import { testWithClock, turn, turnUntil } from "./hand_clock.ts";
import { handScheduler } from "./hand_worker.ts";

function setUp(killGrace = 20) {
  const { fleet, scheduler, task } = handScheduler({ killGrace, taskTakes: 0.3 });
  const failures = new UnobservedFailures();
  const submit = (arg: unknown, options: Partial<CallOptions> = {}) => {
    const none = {
      timeout: undefined,
      deadline: undefined,
      signal: undefined,
      retry: undefined,
      transfer: [],
      given: {},
      nested: false,
      context: undefined,
    };
    const plan = { ...none, ...options };
    const call = new CallJob(scheduler, task, [arg], plan, failures, undefined);
    call.enqueue();
    return call.future;
  };
  const end = async () => {
    await scheduler.terminate();
    failures[Symbol.dispose]();
  };
  return { fleet, scheduler, submit, end };
}

for (const force of [true, false]) {
  testWithClock(
    `Future.cancel(reason, { force: ${force} }): a call that waits is cancelled at once and never sent`,
    async () => {
      const { fleet, submit, end } = setUp();
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
      const { fleet, submit, end } = setUp();
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
    const { fleet, submit, end } = setUp();
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
  const { fleet, submit, end } = setUp(60_000);
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
  const { fleet, submit, end } = setUp(10);
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
  const { fleet, submit, end } = setUp(10);
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

testWithClock(
  "CallJob: a signal that aborts cancels with its own reason, while the call waits and while it runs",
  async (clock) => {
    const { fleet, submit, end } = setUp(10);
    const reason = { own: true };
    const running = new AbortController(), waiting = new AbortController();
    const futures = [submit("a", { signal: running.signal }), submit("b", { signal: waiting.signal })];
    const aborted = submit("c", { signal: AbortSignal.abort(reason) });
    await turn();
    fleet.all[0].start();
    waiting.abort(reason);
    running.abort(reason);
    assertStrictEquals(fleet.all[0].signals[0].reason, reason);
    await clock.advance(10);
    for (const future of [...futures, aborted]) {
      assertStrictEquals(await future.catch((thrown) => thrown), reason);
      assertEquals(future.state, "cancelled");
    }
    await end();
  },
);

testWithClock("CallJob: close() waits for retries and the pauses before them", async (clock) => {
  const { fleet, scheduler, submit, end } = setUp();
  const future = submit("a", { retry: retryPolicy("t", { maxAttempts: 3, minTimeout: 20, jitter: 0 }) });
  await turn();
  scheduler.close();
  const attempts: number[] = [];
  while (!future.done) {
    const worker = fleet.all[0];
    if (worker.inFlight.length > 0) {
      attempts.push(worker.batches.at(-1)!.attempt);
      worker.end(attempts.length === 3, `attempt ${attempts.length}`);
    }
    await clock.advance(20);
  }
  assertEquals([await future, attempts], ["attempt 3", [1, 2, 3]]);
  await scheduler.ended;
  await end();
});

testWithClock(
  "CallJob: a call is retried on a new worker after a crash, and not after an error of copying",
  async () => {
    const { fleet, submit, end } = setUp();
    const future = submit("a", { retry: retryPolicy("t", 1) });
    await turn();
    fleet.all[0].start();
    fleet.all[0].die({ reason: "oom" });
    await turnUntil(() => fleet.all[1]?.inFlight.length > 0);
    fleet.all[1].end(true, "second");
    assertEquals([await future, future.workerId], ["second", 2]);
    const refused = submit("b", { retry: retryPolicy("t", 5) });
    await turnUntil(() => fleet.all[1].inFlight.length > 0);
    const error = new TransferError("no", { direction: "result", path: "result" });
    fleet.all[1].end(false, error);
    assertStrictEquals(await refused.exception(), error);
    await end();
  },
);

testWithClock("CallJob: terminate() takes back what was sent and has not started, so that it never runs", async () => {
  const { fleet, scheduler, submit, end } = setUp();
  const futures = ["a", "b"].map((arg) => submit(arg));
  await turn();
  const [worker] = fleet.all;
  worker.start();
  while (worker.inFlight.length < 2) {
    worker.endIn(0.3);
    futures.push(submit("more"), submit("more"));
    await turn();
    worker.start();
  }
  fleet.exitsOnRequest = false;
  const ended = scheduler.terminate();
  const startable = worker.calls.filter(({ state }) => state === "queued");
  worker.die({ reason: "terminated" });
  await ended;
  for (const future of futures) await future.catch((error) => assert(!(error instanceof PoolClosedError)));
  await end();
  assertEquals(startable, [], "calls whose futures are cancelled can still start");
});

testWithClock(
  "Call: a call that was refused as part of a batch and sent by itself is running, not pending",
  async () => {
    const { fleet, submit, end } = setUp(10);
    fleet.startsReady = false;
    fleet.refuse = ({ items }) => {
      if (items.length > 1) throw new DOMException("could not be cloned", "DataCloneError");
    };
    const futures = ["a", "b"].map((arg) => submit(arg));
    await turn();
    fleet.all[0].becomeReady();
    await turn();
    const [worker] = fleet.all;
    worker.start();
    const states = futures.map((future) => future.state);
    for (let i = 0; i < 2; i++) {
      if (worker.inFlight.length > 0) worker.end();
      await turn();
    }
    for (const future of futures) await future;
    await end();
    assertEquals(states, ["running", "pending"]);
  },
);
