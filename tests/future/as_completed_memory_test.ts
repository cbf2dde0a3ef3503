import { assert } from "@std/assert";
import { asCompleted } from "@isopool/isopool";
import v8 from "node:v8";
import vm from "node:vm";
import { turn, within } from "../support/within.ts";
import { manualFutures } from "./manual_future.ts";

v8.setFlagsFromString("--expose-gc");
const collectGarbage: () => void = vm.runInNewContext("gc");

/** Starts a loop over 100 futures that nothing else references. `settle` settles one, `living` counts their results. */
function loopOver100(): { settle: (index: number) => void; next: () => Promise<unknown>; living: () => number } {
  const all = manualFutures<object>(100);
  const results: WeakRef<object>[] = [];
  const iterator = asCompleted(all.map(({ future }) => future));
  return {
    settle(index) {
      const value = { index };
      results.push(new WeakRef(value));
      all[index].fulfill(value);
      (all as unknown[])[index] = undefined;
    },
    next: async () => void await iterator.next(),
    living: () => results.filter((result) => result.deref() !== undefined).length,
  };
}

Deno.test("asCompleted() keeps no result that its loop has passed: of 90 that were read, at most 5 live", async () => {
  const { settle, next, living } = loopOver100();
  const first = next();
  settle(0);
  await within(10_000, first);
  // Settled while the loop waits, and before it asks.
  for (let index = 1; index < 60; index++) settle(index);
  for (let index = 1; index < 60; index++) await within(10_000, next());
  for (let index = 60; index < 90; index++) {
    const reading = next();
    settle(index);
    await within(10_000, reading);
  }
  await turn();
  collectGarbage();
  assert(living() <= 5, `${living()} results live`);
});
