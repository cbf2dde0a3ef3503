import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { asCompleted, CancelledError, WaitTimeoutError } from "@isopool/isopool";
import { countListeners } from "../support/count_listeners.ts";
import { turn, within } from "../support/within.ts";
import { ManualFuture, manualFutures } from "./manual_future.ts";

Deno.test("asCompleted() yields settled futures first, in input order, then each as it finishes", async () => {
  const all = manualFutures<string>(5);
  all[3].fulfill("d");
  all[1].reject("b");
  const seen: unknown[] = [];
  const reading = (async () => {
    for await (const one of asCompleted(all.map(({ future }) => future))) {
      assertStrictEquals(one.future, all[one.index].future);
      seen.push([one.index, one.status, one.status === "fulfilled" ? one.value : one.reason]);
    }
  })();
  await turn();
  assertEquals(seen, [[1, "rejected", "b"], [3, "fulfilled", "d"]]);
  for (const [index, end] of [[4, "fulfill"], [0, "markCancelled"], [2, "reject"]] as const) {
    all[index][end](`${index}`);
    await turn();
  }
  await within(10_000, reading);
  assertEquals(seen.slice(2), [[4, "fulfilled", "4"], [0, "cancelled", "0"], [2, "rejected", "2"]]);
});

Deno.test("asCompleted() yields each future once, with its first index", async () => {
  const all = manualFutures<number>(2);
  const [a, b] = all.map(({ future }) => future);
  all[0].fulfill(0);
  all[1].fulfill(1);
  const seen = await within(10_000, Array.fromAsync(asCompleted([b, a, b, a]), ({ index }) => index));
  assertEquals(seen, [0, 1]);
});

Deno.test("asCompleted() yields all futures that finish at once while the reader does something else", async () => {
  const all = manualFutures<number>(100);
  const iterator = asCompleted(all.map(({ future }) => future));
  all[50].fulfill(0);
  assertEquals((await within(10_000, iterator.next())).value!.index, 50);
  all.forEach((manual) => manual.fulfill(0));
  const rest = await within(10_000, Array.fromAsync(iterator, ({ index }) => index));
  assertEquals([rest.length, new Set(rest).size, rest.includes(50)], [99, 99, false]);
});

Deno.test("asCompleted({ timeout }) throws an error with the number of unfinished futures", async () => {
  for (const timeout of [0, 20]) {
    const all = manualFutures<number>(4);
    all[0].fulfill(0);
    all[2].fulfill(2);
    const seen: number[] = [];
    const error = await assertRejects(
      () =>
        within(
          10_000,
          (async () => {
            for await (const { index } of asCompleted(all.map(({ future }) => future), { timeout })) seen.push(index);
          })(),
        ),
      WaitTimeoutError,
    ) as Error;
    assertEquals([error.message, seen], ["2 (of 4) futures unfinished", [0, 2]]);
    assertEquals(all.map((manual) => manual.cancels.length), [0, 0, 0, 0]);
  }
});

Deno.test("asCompleted({ timeout: 0 }) yields all futures if all are done", async () => {
  const all = manualFutures<number>(3);
  all.forEach((manual) => manual.fulfill(1));
  const seen = await Array.fromAsync(asCompleted(all.map(({ future }) => future), { timeout: 0 }));
  assertEquals(seen.length, 3);
});

Deno.test("asCompleted({ signal }) throws the signal's own reason, and the tasks go on", async () => {
  const all = manualFutures<number>(2);
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = countListeners(signal);
  const iterator = asCompleted(all.map(({ future }) => future), { signal });
  all[0].fulfill(0);
  await iterator.next();
  const next = iterator.next();
  await turn();
  assertEquals(listeners.now, 1);
  const reason = { own: true };
  controller.abort(reason);
  assertStrictEquals(await within(10_000, next.catch((error) => error)), reason);
  assertEquals([listeners.now, all[1].cancels, (await iterator.next()).done], [0, [], true]);
  const late = asCompleted([all[1].future], { signal });
  assertStrictEquals(await within(10_000, late.next().catch((error) => error)), reason);
});

Deno.test("leaving a loop over asCompleted() leaves no listener and no timer", async () => {
  const all = manualFutures<number>(3);
  const { signal } = new AbortController();
  const listeners = countListeners(signal);
  all[0].fulfill(0);
  for await (const _ of asCompleted(all.map(({ future }) => future), { signal, timeout: 60_000 })) break;
  assertEquals(listeners.now, 0);
  const iterator = asCompleted(all.map(({ future }) => future), { signal, timeout: 60_000 });
  await iterator.next();
  const next = iterator.next();
  await turn();
  all[1].fulfill(1);
  await next;
  await iterator.return();
  // The sanitizer would report a timer.
  assertEquals(listeners.now, 0);
});

Deno.test("asCompleted() of nothing ends at once", async () => {
  assertEquals(await within(10_000, Array.fromAsync(asCompleted([]))), []);
});

Deno.test("asCompleted() distinguishes cancelled from rejected", async () => {
  const [cancelled, rejected] = [new ManualFuture(), new ManualFuture()];
  cancelled.markCancelled(new CancelledError("c"));
  rejected.reject(new CancelledError("thrown by the task"));
  const seen = await Array.fromAsync(asCompleted([cancelled.future, rejected.future]), ({ status }) => status);
  assertEquals(seen, ["cancelled", "rejected"]);
});

Deno.test("asCompleted() refuses bad input at the call", () => {
  // deno-lint-ignore no-explicit-any -- what a caller without types can pass
  const call = asCompleted as any;
  assertThrows(() => call([1]), TypeError, "an iterable of futures");
  assertThrows(() => call(5), TypeError, "`futures` is 5");
  assertThrows(() => call([], { timeout: "1" }), TypeError, '`timeout` is "1"');
  assertThrows(() => call([], { returnWhen: "x" }), TypeError, "unknown option `returnWhen`");
});
