/**
 * `@std/async/pool`, written for `pooled()`: what its suite asserts beyond p_map_test.ts.
 *
 * @module
 */
import { assertEquals, assertStrictEquals } from "@std/assert";
import { pooled } from "@isopool/isopool";
import { readAll, runTurns } from "../io/kit.ts";
import { test } from "../support/within.ts";
import { KINDS } from "./input_kinds.ts";

for (const [kind, open] of KINDS) {
  test(`std, ${kind}: calls that run when an item fails may end, and the reader gets their results before the error`, async () => {
    const failure = new Error("Bad number: 1");
    const thirdStarted = Promise.withResolvers<void>();
    const { seen, error } = await readAll(
      pooled(open([1, 2, 3, 4]), async (n) => {
        if (n === 3) thirdStarted.resolve();
        if (n === 1) {
          await thirdStarted.promise;
          throw failure;
        }
        await runTurns(2);
        return n;
      }, { concurrency: 3, ordered: false }),
    );
    assertStrictEquals(error, failure);
    assertEquals(seen, [2, 3]);
  });
}
