import { assert, assertEquals } from "@std/assert";
import { flow, values } from "../fixtures/views.ts";
import { MUST_HAPPEN, until, within } from "../support/within.ts";
import { fewer, type Suite } from "./backend.ts";
import { sharedWords } from "../support/words.ts";

/**
 * In milliseconds; shorter than the time after which the pool replaces a worker that takes no calls. The replacement would
 * hide a call that the worker did not notice.
 */
const NOTICED = 4_000;

/** How calls reach a worker: the worker notices each, in order, by shared memory or port, and its own timers go on. */
export const flowSuite: Suite = (backend, check) => {
  check("a worker notices each call at once, whatever time lies between two calls (bound: 4 s)", async () => {
    await using pool = backend.make({ workers: 1 });
    for (let n = 0; n < fewer(backend, 1_500); n++) {
      assertEquals(await within(NOTICED, pool.submit(values.double, n)), 2 * n);
      // 0 to 1.5 ms, and now and then as long as a timer takes: all around the moment at which a worker falls asleep.
      if (n % 25 === 0) await new Promise((resolve) => setTimeout(resolve, n % 4));
      else for (const end = performance.now() + (n % 16) / 10; performance.now() < end;);
    }
  }, { deadline: 60_000 });

  check("small calls and large ones run in the order in which they were submitted", async () => {
    await using pool = backend.make({ workers: 1 });
    const sent = Array.from({ length: fewer(backend, 400) }, (_, n) => n % 7 < 3 ? n : n % 7 < 5 ? `${n}` : { n });
    const futures = sent.map((value) => pool.submit(flow.note, value));
    assertEquals(await within(MUST_HAPPEN, Promise.all(futures)), sent.map((_, n) => n + 1));
    assertEquals(await within(MUST_HAPPEN, pool.submit(flow.noted)), sent);
  });

  check("small values of every kind arrive as they are, alone and in lists", async () => {
    await using pool = backend.make({ workers: 1 });
    const kinds = [0, -0, NaN, 2 ** 53, true, false, null, undefined, "", "text", "\u00ff\u0000", "\u0100", "\ud800"];
    const all = [...kinds, "x".repeat(71), "x".repeat(72), "x".repeat(500)];
    for (const value of all) {
      const given = await within(MUST_HAPPEN, pool.submit(values.echo, value));
      assert(Object.is(given, value), Deno.inspect(value));
    }
    assertEquals(await within(MUST_HAPPEN, pool.map(values.echo, all)), all);
    for (const count of [0, 1, 7, 8, 9, 12]) {
      assertEquals(await within(MUST_HAPPEN, pool.submit(values.count, ...kinds.slice(0, count))), count);
    }
  });

  check("timers of an ended call go on while calls follow one another (bound: 10 s)", async () => {
    await using pool = backend.make({ workers: 1 });
    const words = sharedWords(2);
    await pool.submit(flow.tick, words);
    const start = performance.now();
    for (let n = 0; Atomics.load(words, 0) < 20 && performance.now() - start < MUST_HAPPEN; n++) {
      assertEquals(await pool.submit(flow.next, n), n + 1);
    }
    assert(Atomics.load(words, 0) >= 20, `${Atomics.load(words, 0)} ticks`);
    Atomics.store(words, 1, 1);
    await until(() => Atomics.load(words, 1) === 2, "the timer is cleared");
  }, { deadline: 60_000 });
};
