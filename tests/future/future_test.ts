import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { CancelledError, Future, inline, Pool, Results, TaskGroup, WaitTimeoutError } from "@isopool/isopool";
import { turn, within } from "../support/within.ts";
import { ManualFuture } from "./manual_future.ts";

function look(future: Future<unknown>) {
  const { state, done, running, cancelled } = future;
  return { state, done, running, cancelled };
}

Deno.test("Future goes from pending to running to finished", async () => {
  const manual = new ManualFuture<number>(3);
  const { future } = manual;
  assertEquals(look(future), { state: "pending", done: false, running: false, cancelled: false });
  assertEquals([future.workerId, future.index], [undefined, 3]);
  manual.running = true;
  manual.worker = 7;
  assertEquals(look(future), { state: "running", done: false, running: true, cancelled: false });
  assertEquals(future.workerId, 7);
  assert(manual.fulfill(1));
  manual.worker = 8;
  assertEquals(look(future), { state: "finished", done: true, running: false, cancelled: false });
  assertEquals([await future, future.workerId], [1, 7]);
});

Deno.test("a Future that is settled twice keeps the first outcome", async () => {
  const ends = ["fulfill", "reject", "markCancelled"] as const;
  for (const first of ends) {
    for (const second of ends) {
      const manual = new ManualFuture<string>();
      assertEquals([manual[first]("first"), manual[second]("second")], [true, false]);
      assertEquals(await manual.future.catch((error) => error), "first");
      assertEquals(manual.future.state, first === "markCancelled" ? "cancelled" : "finished");
    }
  }
});

Deno.test("Future.cancel() passes a CancelledError with the reason as cause to the job, and returns whether it was in time", async () => {
  const manual = new ManualFuture();
  const reason = new Error("why");
  assertEquals([manual.future.cancel(reason), manual.future.cancel(undefined, { force: false })], [true, true]);
  assertEquals(manual.cancels.map(({ force }) => force), [true, false]);
  const error = manual.cancels[0].reason as CancelledError;
  assert(error instanceof CancelledError);
  assertStrictEquals(error.cause, reason);
  manual.markCancelled(error);
  assertEquals([look(manual.future).state, manual.future.cancelled, manual.future.cancel()], ["cancelled", true, true]);
  await assertRejects(() => manual.future.result(), CancelledError);
  for (const end of ["fulfill", "reject"] as const) {
    const other = new ManualFuture();
    other[end](1);
    assertEquals([other.future.cancel(), other.cancels.length, other.future.state], [false, 0, "finished"]);
    await other.future.catch(() => {});
  }
  // deno-lint-ignore no-explicit-any -- what a caller without types can pass
  assertThrows(() => manual.future.cancel(1, { forse: true } as any), TypeError, "unknown option `forse`");
});

Deno.test("Future.result({ timeout }) rejects with WaitTimeoutError and does not stop the task", async () => {
  const manual = new ManualFuture<number>();
  for (const timeout of [0, 10]) {
    await assertRejects(() => within(10_000, manual.future.result({ timeout })), WaitTimeoutError);
    await assertRejects(() => within(10_000, manual.future.exception({ timeout })), WaitTimeoutError);
  }
  assertEquals([manual.future.state, manual.cancels], ["pending", []]);
  const waiting = manual.future.result({ timeout: 10_000 });
  manual.fulfill(5);
  assertEquals([await waiting, await manual.future.result({ timeout: 0 })], [5, 5]);
  await assertRejects(() => manual.future.result({ timeout: -1 }), RangeError, "`timeout` is -1");
  // deno-lint-ignore no-explicit-any -- what a caller without types can pass
  await assertRejects(() => manual.future.result({ timout: 1 } as any), TypeError, "unknown option");
});

Deno.test("Future.exception() returns what the task threw, undefined after success, and rejects when cancelled", async () => {
  const [good, bad, none, gone] = [new ManualFuture(), new ManualFuture(), new ManualFuture(), new ManualFuture()];
  const error = new Error("e");
  good.fulfill(1);
  bad.reject(error);
  none.reject(undefined);
  gone.markCancelled(new CancelledError("c"));
  assertEquals([await good.future.exception(), await none.future.exception()], [undefined, undefined]);
  assertStrictEquals(await bad.future.exception(), error);
  await assertRejects(() => gone.future.exception(), CancelledError);
});

Deno.test("then, catch and finally of a Future behave as those of a promise", async () => {
  const good = new ManualFuture<number>(), bad = new ManualFuture<number>();
  const order: string[] = [];
  const chained = good.future.then((n) => n + 1).then((n) => n * 10);
  const caught = bad.future.catch((reason) => `caught ${reason}`);
  const both = bad.future.then(() => "no", (reason) => `second ${reason}`);
  const last = good.future.finally(() => void order.push("finally"));
  const failing = bad.future.finally(() => void order.push("finally too"));
  const none = good.future.then(null, undefined);
  good.fulfill(1);
  bad.reject("r");
  assertEquals(order, []);
  assertEquals([await chained, await caught, await both, await last, await none], [20, "caught r", "second r", 1, 1]);
  assertEquals(await failing.catch((reason) => reason), "r");
  assertEquals(order.toSorted(), ["finally", "finally too"]);
  assertEquals(Object.prototype.toString.call(good.future), "[object Future]");
});

Deno.test("Future behaves as a promise among promises", async () => {
  const manual = new ManualFuture<number>();
  const returned = (async () => await turn().then(() => manual.future))();
  const resolved = Promise.resolve(manual.future);
  const all = Promise.all([manual.future, Promise.resolve(2)]);
  const race = Promise.race([manual.future, new Promise<never>(() => {})]);
  const settled = Promise.allSettled([manual.future]);
  manual.fulfill(1);
  assertEquals(await within(10_000, Promise.all([returned, resolved, race])), [1, 1, 1]);
  assertEquals([await all, await settled], [[1, 2], [{ status: "fulfilled", value: 1 }]] as unknown[]);
});

Deno.test("Future.addDoneCallback() calls in order, with the future, and at once if it is done", () => {
  const manual = new ManualFuture();
  const order: unknown[] = [];
  for (const n of [1, 2, 3]) manual.future.addDoneCallback((future) => order.push(n, future === manual.future));
  assertEquals(order, []);
  manual.markCancelled("reason");
  assertEquals(order, [1, true, 2, true, 3, true]);
  manual.future.addDoneCallback((future) => order.push(future.state));
  assertEquals(order.at(-1), "cancelled");
  // deno-lint-ignore no-explicit-any -- what a caller without types can pass
  assertThrows(() => manual.future.addDoneCallback(5 as any), TypeError, "`callback` is 5");
});

Deno.test("a callback of Future.addDoneCallback() that throws is reported through reportError, and the others run", async () => {
  const manual = new ManualFuture();
  const order: number[] = [];
  const reported: unknown[] = [];
  const listen = (event: ErrorEvent) => {
    event.preventDefault();
    reported.push(event.error);
  };
  globalThis.addEventListener("error", listen);
  try {
    for (const n of [1, 2, 3, 4]) {
      manual.future.addDoneCallback(() => {
        order.push(n);
        if (n % 2 === 0) throw new Error(`callback ${n}`);
      });
    }
    const value = manual.future.result();
    assertEquals(manual.fulfill("v"), true);
    assertEquals(order, [1, 2, 3, 4]);
    assertEquals(await within(10_000, value), "v");
    manual.future.addDoneCallback(() => {
      throw new Error("late");
    });
    await turn();
  } finally {
    globalThis.removeEventListener("error", listen);
  }
  assertEquals(reported.map((error) => (error as Error).message), ["callback 2", "callback 4", "late"]);
});

Deno.test("a callback of Future.addDoneCallback() may add another, cancel, and submit", async () => {
  await using pool = new Pool({ backend: "async", workers: 1 });
  const order: string[] = [];
  const later = Promise.withResolvers<[Future<string>]>();
  const future = pool.submit(() => "first");
  future.addDoneCallback(() => {
    order.push("outer");
    assertEquals(future.cancel(), false);
    future.addDoneCallback(() => order.push("inner"));
    later.resolve([pool.submit(() => "second")]);
  });
  await future;
  const [second] = await later.promise;
  assertEquals([order, await second], [["outer", "inner"], "second"]);
});

Deno.test("a Future on the async backend passes through all states", async () => {
  await using pool = new Pool({ backend: "async", workers: 1, killGrace: 20 });
  const gate = Promise.withResolvers<string>();
  const running = pool.submit(() => gate.promise);
  const waiting = pool.submit(() => "never runs");
  await turn();
  assertEquals([running.state, waiting.state, running.workerId, waiting.workerId], [
    "running",
    "pending",
    1,
    undefined,
  ]);
  assertEquals([waiting.cancel("w"), waiting.state], [true, "cancelled"]);
  assertEquals([running.cancel("r", { force: false }), running.state], [true, "running"]);
  gate.resolve("as the task does");
  assertEquals([await running, running.state, running.cancel()], ["as the task does", "finished", false]);
  const stubborn = pool.submit(() => new Promise(() => {}));
  await turn();
  assertEquals([stubborn.cancel("s"), stubborn.state], [true, "running"]);
  const error = await within(10_000, stubborn.catch((thrown) => thrown)) as CancelledError;
  assertEquals([error.name, error.cause, stubborn.state, stubborn.cancel()], [
    "CancelledError",
    "s",
    "cancelled",
    true,
  ]);
  assertEquals(await pool.submit(() => "the pool goes on"), "the pool goes on");
  await waiting.catch(() => {});
});

Deno.test("Future, Results and TaskGroup are made by pools only: a made-up one would never settle", () => {
  for (const [made, what] of [[Future, "Future"], [Results, "Results"], [TaskGroup, "TaskGroup"]] as const) {
    const make = made as unknown as new (...args: unknown[]) => unknown;
    for (const args of [[], [1], [{}], [() => {}, {}], [Symbol("library"), { isRunning: () => false }]]) {
      if (what === "TaskGroup" && typeof args[0] === "function") continue;
      assertThrows(() => new make(...args), TypeError, `Cannot create ${what}`);
    }
  }
});

Deno.test("Future.cancel() refuses an option that is not true or false", () => {
  const { future, cancels } = new ManualFuture();
  for (const force of ["no", 0, null]) {
    assertThrows(() => future.cancel("x", { force } as never), TypeError, "`force`");
  }
  assertEquals(cancels, []);
});

Deno.test("Task.with() refuses a call without options", () => {
  const task = inline((n: number) => n);
  for (const options of [undefined, null, 3]) {
    assertThrows(() => task.with(options as never), TypeError, "Cannot change task options: `options`");
  }
});
