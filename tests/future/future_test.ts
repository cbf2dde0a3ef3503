import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { CancelledError, type Future, Pool, WaitTimeoutError } from "@isopool/isopool";
import { turn, within } from "../core/within.ts";
import { HandFuture } from "./hand_future.ts";

function look(future: Future<unknown>) {
  const { state, done, running, cancelled } = future;
  return { state, done, running, cancelled };
}

Deno.test("Future goes from pending to running to finished", async () => {
  const hand = new HandFuture<number>(3);
  const { future } = hand;
  assertEquals(look(future), { state: "pending", done: false, running: false, cancelled: false });
  assertEquals([future.workerId, future.index], [undefined, 3]);
  hand.running = true;
  hand.worker = 7;
  assertEquals(look(future), { state: "running", done: false, running: true, cancelled: false });
  assertEquals(future.workerId, 7);
  assert(hand.fulfil(1));
  hand.worker = 8;
  assertEquals(look(future), { state: "finished", done: true, running: false, cancelled: false });
  assertEquals([await future, future.workerId], [1, 7]);
});

Deno.test("Future: settling twice keeps the first end, whichever they are", async () => {
  const ends = ["fulfil", "reject", "end"] as const;
  for (const first of ends) {
    for (const second of ends) {
      const hand = new HandFuture<string>();
      assertEquals([hand[first]("first"), hand[second]("second")], [true, false]);
      assertEquals(await hand.future.catch((error) => error), "first");
      assertEquals(hand.future.state, first === "end" ? "cancelled" : "finished");
    }
  }
});

Deno.test("Future.cancel() passes a CancelledError with the reason as cause on, and says whether it was in time", async () => {
  const hand = new HandFuture();
  const reason = new Error("why");
  assertEquals([hand.future.cancel(reason), hand.future.cancel(undefined, { force: false })], [true, true]);
  assertEquals(hand.cancels.map(({ force }) => force), [true, false]);
  const error = hand.cancels[0].reason as CancelledError;
  assert(error instanceof CancelledError);
  assertStrictEquals(error.cause, reason);
  hand.end(error);
  assertEquals([look(hand.future).state, hand.future.cancelled, hand.future.cancel()], ["cancelled", true, true]);
  await assertRejects(() => hand.future.result(), CancelledError);
  for (const end of ["fulfil", "reject"] as const) {
    const other = new HandFuture();
    other[end](1);
    assertEquals([other.future.cancel(), other.cancels.length, other.future.state], [false, 0, "finished"]);
    await other.future.catch(() => {});
  }
  // deno-lint-ignore no-explicit-any -- what a caller without types can pass
  assertThrows(() => hand.future.cancel(1, { forse: true } as any), TypeError, "unknown option `forse`");
});

Deno.test("Future.result({ timeout }) gives up with WaitTimeoutError and stops nothing", async () => {
  const hand = new HandFuture<number>();
  for (const timeout of [0, 10]) {
    await assertRejects(() => within(10_000, hand.future.result({ timeout })), WaitTimeoutError);
    await assertRejects(() => within(10_000, hand.future.exception({ timeout })), WaitTimeoutError);
  }
  assertEquals([hand.future.state, hand.cancels], ["pending", []]);
  const waiting = hand.future.result({ timeout: 10_000 });
  hand.fulfil(5);
  assertEquals([await waiting, await hand.future.result({ timeout: 0 })], [5, 5]);
  await assertRejects(() => hand.future.result({ timeout: -1 }), RangeError, "`timeout` is -1");
  // deno-lint-ignore no-explicit-any -- what a caller without types can pass
  await assertRejects(() => hand.future.result({ timout: 1 } as any), TypeError, "unknown option");
});

Deno.test("Future.exception() gives what was thrown, undefined after success, and throws when cancelled", async () => {
  const [good, bad, none, gone] = [new HandFuture(), new HandFuture(), new HandFuture(), new HandFuture()];
  const error = new Error("e");
  good.fulfil(1);
  bad.reject(error);
  none.reject(undefined);
  gone.end(new CancelledError("c"));
  assertEquals([await good.future.exception(), await none.future.exception()], [undefined, undefined]);
  assertStrictEquals(await bad.future.exception(), error);
  await assertRejects(() => gone.future.exception(), CancelledError);
});

Deno.test("Future: then, catch and finally are a promise's", async () => {
  const good = new HandFuture<number>(), bad = new HandFuture<number>();
  const order: string[] = [];
  const chained = good.future.then((n) => n + 1).then((n) => n * 10);
  const caught = bad.future.catch((reason) => `caught ${reason}`);
  const both = bad.future.then(() => "no", (reason) => `second ${reason}`);
  const last = good.future.finally(() => void order.push("finally"));
  const failing = bad.future.finally(() => void order.push("finally too"));
  const none = good.future.then(null, undefined);
  good.fulfil(1);
  bad.reject("r");
  assertEquals(order, []);
  assertEquals([await chained, await caught, await both, await last, await none], [20, "caught r", "second r", 1, 1]);
  assertEquals(await failing.catch((reason) => reason), "r");
  assertEquals(order.toSorted(), ["finally", "finally too"]);
  assertEquals(Object.prototype.toString.call(good.future), "[object Future]");
});

Deno.test("Future behaves as a promise among promises", async () => {
  const hand = new HandFuture<number>();
  const returned = (async () => await turn().then(() => hand.future))();
  const resolved = Promise.resolve(hand.future);
  const all = Promise.all([hand.future, Promise.resolve(2)]);
  const race = Promise.race([hand.future, new Promise<never>(() => {})]);
  const settled = Promise.allSettled([hand.future]);
  hand.fulfil(1);
  assertEquals(await within(10_000, Promise.all([returned, resolved, race])), [1, 1, 1]);
  assertEquals([await all, await settled], [[1, 2], [{ status: "fulfilled", value: 1 }]] as unknown[]);
});

Deno.test("Future.addDoneCallback(): in order, with the future, and at once if it is done", () => {
  const hand = new HandFuture();
  const order: unknown[] = [];
  for (const n of [1, 2, 3]) hand.future.addDoneCallback((future) => order.push(n, future === hand.future));
  assertEquals(order, []);
  hand.end("reason");
  assertEquals(order, [1, true, 2, true, 3, true]);
  hand.future.addDoneCallback((future) => order.push(future.state));
  assertEquals(order.at(-1), "cancelled");
  // deno-lint-ignore no-explicit-any -- what a caller without types can pass
  assertThrows(() => hand.future.addDoneCallback(5 as any), TypeError, "`callback` is 5");
});

Deno.test("Future.addDoneCallback(): one that throws is reported through reportError and the others run", async () => {
  const hand = new HandFuture();
  const order: number[] = [];
  const reported: unknown[] = [];
  const listen = (event: ErrorEvent) => {
    event.preventDefault();
    reported.push(event.error);
  };
  globalThis.addEventListener("error", listen);
  try {
    for (const n of [1, 2, 3, 4]) {
      hand.future.addDoneCallback(() => {
        order.push(n);
        if (n % 2 === 0) throw new Error(`callback ${n}`);
      });
    }
    const value = hand.future.result();
    assertEquals(hand.fulfil("v"), true);
    assertEquals(order, [1, 2, 3, 4]);
    assertEquals(await within(10_000, value), "v");
    hand.future.addDoneCallback(() => {
      throw new Error("late");
    });
    await turn();
  } finally {
    globalThis.removeEventListener("error", listen);
  }
  assertEquals(reported.map((error) => (error as Error).message), ["callback 2", "callback 4", "late"]);
});

Deno.test("Future.addDoneCallback(): a callback may add another, cancel, and submit", async () => {
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

Deno.test("Future on the async backend: the whole state table", async () => {
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
