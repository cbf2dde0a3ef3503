import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { type Future, type ReturnWhen, wait } from "@isopool/isopool";
import { countListeners } from "../support/count_listeners.ts";
import { turn, within } from "../support/within.ts";
import { manualFutures } from "./manual_future.ts";

function places(all: { future: Future<unknown> }[], set: Set<Future<unknown>>): number[] {
  return all.flatMap(({ future }, index) => set.has(future) ? [index] : []);
}

Deno.test("wait() for all counts failed and cancelled futures as completed, and does not reject", async () => {
  const all = manualFutures(3);
  let over = false;
  const result = wait(all.map(({ future }) => future));
  void result.then(() => over = true);
  all[0].reject(new Error("e"));
  all[2].markCancelled("c");
  await turn();
  assertEquals(over, false);
  all[1].fulfill(1);
  const { done, notDone } = await within(10_000, result);
  assertEquals([places(all, done), notDone.size], [[0, 1, 2], 0]);
});

Deno.test("wait() counts a duplicate future once", async () => {
  const all = manualFutures(2);
  const [a, b] = all.map(({ future }) => future);
  all[0].fulfill(1);
  const { done, notDone } = await wait([a, b, a, b, b], { timeout: 0 });
  assertEquals([[...done], [...notDone]], [[a], [b]]);
  all[1].fulfill(2);
});

const IS = { fulfill: "is fulfilled", reject: "fails", markCancelled: "is cancelled" };
const when: [ReturnWhen, "fulfill" | "reject" | "markCancelled", boolean][] = [
  ["firstCompleted", "fulfill", true],
  ["firstCompleted", "reject", true],
  ["firstCompleted", "markCancelled", true],
  ["firstException", "fulfill", false],
  ["firstException", "reject", true],
  ["firstException", "markCancelled", false],
  ["allCompleted", "fulfill", false],
  ["allCompleted", "reject", false],
  ["allCompleted", "markCancelled", false],
];
for (const [returnWhen, end, returns] of when) {
  for (const early of [true, false]) {
    const title = `${returns ? "returns" : "goes on"} when one ${IS[end]} ${early ? "before" : "during"} the wait`;
    Deno.test(`wait({ returnWhen: "${returnWhen}" }) ${title}`, async () => {
      const all = manualFutures(3);
      if (early) all[1][end]("x");
      let over = false;
      const result = wait(all.map(({ future }) => future), { returnWhen });
      void result.then(() => over = true);
      await turn();
      if (!early) {
        assertEquals(over, false);
        all[1][end]("x");
      }
      await turn();
      assertEquals(over, returns);
      all[0].fulfill(0);
      all[2].fulfill(2);
      const { done, notDone } = await within(10_000, result);
      assertEquals([places(all, done), places(all, notDone)], returns ? [[1], [0, 2]] : [[0, 1, 2], []]);
    });
  }
}

Deno.test("wait({ timeout }) returns the done and the other futures, and never rejects", async () => {
  const all = manualFutures(4);
  all[1].fulfill(1);
  all[3].reject("r");
  for (const timeout of [0, 20]) {
    const { done, notDone } = await within(10_000, wait(all.map(({ future }) => future), { timeout }));
    assertEquals([places(all, done), places(all, notDone)], [[1, 3], [0, 2]]);
  }
  assert(all.every((manual) => manual.cancels.length === 0));
});

Deno.test("wait() of nothing returns at once", async () => {
  const { done, notDone } = await within(10_000, wait([]));
  assertEquals([done.size, notDone.size], [0, 0]);
});

Deno.test("wait({ signal }) rejects with the signal's own reason, and the tasks go on", async () => {
  const all = manualFutures(1);
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = countListeners(signal);
  const result = wait([all[0].future], { signal, timeout: 60_000 });
  const reason = { own: 1 };
  controller.abort(reason);
  assertStrictEquals(await within(10_000, result.catch((error) => error)), reason);
  assertEquals([all[0].cancels, all[0].future.state, listeners.now], [[], "pending", 0]);
  const again = wait([all[0].future], { signal });
  assertStrictEquals(await within(10_000, again.catch((error) => error)), reason);
});

Deno.test("wait() leaves no listener on the signal and no timer", async () => {
  const all = manualFutures(2);
  const { signal } = new AbortController();
  const listeners = countListeners(signal);
  const result = wait(all.map(({ future }) => future), { signal, timeout: 60_000 });
  assertEquals(listeners.now, 1);
  all.forEach((manual) => manual.fulfill(1));
  await within(10_000, result);
  assertEquals(listeners.now, 0);
});

Deno.test("wait() refuses bad input at the call", async () => {
  // deno-lint-ignore no-explicit-any -- what a caller without types can pass
  const call = wait as any;
  const [{ future }] = manualFutures(1);
  const cases: [() => unknown, typeof TypeError | typeof RangeError, string][] = [
    [() => call(future), TypeError, "an iterable of futures"],
    [() => call([Promise.resolve()]), TypeError, "an iterable of futures"],
    [() => call("text"), TypeError, "an iterable of futures"],
    [() => call(null), TypeError, "`futures` is null"],
    [() => call([], { timeout: -1 }), RangeError, "`timeout` is -1"],
    [() => call([], { returnWhen: "first" }), RangeError, '"allCompleted" | "firstCompleted" | "firstException"'],
    [() => call([], { signal: 1 }), TypeError, "an AbortSignal"],
    [() => call([], { return_when: 1 }), TypeError, "unknown option `return_when`"],
  ];
  for (const [run, error, message] of cases) assertThrows(run, error, message);
  await assertRejects(() => wait([future], { signal: AbortSignal.abort(new RangeError("r")) }), RangeError);
});
