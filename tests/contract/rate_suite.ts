import { assert, assertEquals, assertThrows } from "@std/assert";
import { gated, values } from "../fixtures/views.ts";
import { Gate } from "../support/gate.ts";
import { MUST_HAPPEN, until, within } from "../support/within.ts";
import type { Suite } from "./backend.ts";
import { sharedWords } from "../support/words.ts";

/** The interval in milliseconds, less 5: a timer may fire some milliseconds early. */
const INTERVAL = 195;

/** `rate`: how often calls may start. tests/core/rate_test.ts tests the arithmetic. */
export const rateSuite: Suite = (backend, check) => {
  check("rate: at most `limit` calls start in an interval, retries included, and all calls run", async () => {
    await using pool = backend.make({ workers: 3, rate: { limit: 4, interval: 200, strict: true } });
    await pool.ready();
    await using gate = new Gate();
    const start = performance.now();
    const calls = Array.from({ length: 6 }, () => pool.submit(gated.enter, gate.words));
    const map = pool.map(gated.enter, Array.from({ length: 4 }, () => gate.words));
    await gate.entered(4);
    await until(() => gate.count >= 5 || performance.now() - start > 1_000, "the next interval");
    const waited = performance.now() - start;
    assert(waited >= INTERVAL, `the fifth started after ${waited} ms`);
    await within(MUST_HAPPEN, Promise.all([...calls, map]));
    const all = performance.now() - start;
    assertEquals(gate.count, 10);
    assert(all >= 2 * INTERVAL, `ten were done after ${all} ms`);
    const attempts = sharedWords(16);
    const again = performance.now();
    await within(MUST_HAPPEN, pool.submit(values.succeedAt.with({ retry: 7 }), 8, attempts));
    assert(performance.now() - again >= INTERVAL, "no retry has waited for the next interval");
  });

  check("rate: terminate() does not wait for the next interval; a bad rate is refused at construction", async () => {
    const pool = backend.make({ workers: 1, rate: { limit: 1, interval: 60_000 } });
    const futures = [1, 2].map((n) => pool.submit(values.double, n));
    assertEquals(await within(MUST_HAPPEN, futures[0]), 2);
    await within(MUST_HAPPEN, pool.terminate());
    assertEquals(futures[1].state, "cancelled");
    assertThrows(() => backend.make({ rate: { limit: 0, interval: 1 } }), RangeError, "`rate.limit` is 0");
    assertThrows(() => backend.make({ rate: { limit: 1, interval: 0 } }), RangeError, "`rate.interval` is 0");
  });
};
