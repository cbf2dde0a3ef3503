import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { PoolClosedError, TransferError } from "../../lib/core/errors.ts";
import { retryPolicy } from "../../lib/core/retry.ts";
import { callScheduler } from "./call_scheduler.ts";
import { testWithClock, turn, turnUntil } from "./manual_clock.ts";

testWithClock(
  "CallJob: a signal that aborts cancels with its own reason, while the call waits and while it runs",
  async (clock) => {
    const { fleet, submit, end } = callScheduler(10);
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
  const { fleet, scheduler, submit, end } = callScheduler();
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
    const { fleet, submit, end } = callScheduler();
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
  const { fleet, scheduler, submit, end } = callScheduler();
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
    const { fleet, submit, end } = callScheduler(10);
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
