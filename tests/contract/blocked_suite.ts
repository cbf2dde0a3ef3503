import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  asCompleted,
  type Future,
  inline,
  type TaskOptions,
  TaskTimeoutError,
  wait,
  WaitTimeoutError,
} from "@isopool/isopool";
import { MUST_HAPPEN, until, within } from "../support/within.ts";
import type { AnyPool, Suite } from "./backend.ts";
import { sharedWords } from "../support/words.ts";

const [ENTERED, OPEN, RETURNING] = [0, 1, 2];

/** Enters, waits until it is let go, and returns a value that travels by message. */
const hold = inline(async (words: Int32Array) => {
  Atomics.store(words, 0, 1);
  const { value } = Atomics.waitAsync(words, 1, 0);
  await value;
  Atomics.store(words, 2, 1);
  return new Map([[1, "one"]]);
});

/** As `hold`, for words that are mapped into another process. */
const holdMapped = inline(async (words: Int32Array, support: string) => {
  const { atomics } = await import(support);
  atomics.store(words, 0, 1);
  while (atomics.load(words, 1) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  atomics.store(words, 2, 1);
  return new Map([[1, "one"]]);
});

/** Leaves a timer behind that spins for ever, and says so in a word. */
const leaveSpinning = inline(async (words: Int32Array, support: string | undefined) => {
  const { atomics } = support === undefined ? { atomics: Atomics } : await import(support);
  setTimeout(() => {
    atomics.store(words, 0, 1);
    for (;;);
  });
});

/** Counts its runs in a word. */
const countRun = inline(async (words: Int32Array, support: string | undefined) => {
  const { atomics } = support === undefined ? { atomics: Atomics } : await import(support);
  atomics.store(words, 1, atomics.load(words, 1) + 1);
  return "ran";
});

const LIMIT = 50;
/** Bound in milliseconds; a worker counts as blocked after 5 s. */
const BLOCKED = 30_000;

const waits: [string, (future: Future<Map<number, string>>) => Promise<unknown>, unknown][] = [
  ["wait()", async (future) => (await wait([future], { timeout: LIMIT })).done.size, 1],
  ["wait({ timeout: 0 })", async (future) => (await wait([future], { timeout: 0 })).done.size, 1],
  ["asCompleted()", (future) => Array.fromAsync(asCompleted([future], { timeout: LIMIT }), ({ status }) => status), [
    "fulfilled",
  ]],
  ["result()", async (future) => (await future.result({ timeout: LIMIT })).get(1), "one"],
  ["exception()", (future) => future.exception({ timeout: LIMIT }), undefined],
];

/** Waits with a time limit whose caller blocks its own event loop. */
export const blockedSuite: Suite = (backend, check) => {
  // On this event loop, a blocked loop blocks the task too: it is not done in time.
  if (!backend.capabilities.isolated) return;
  const support = import.meta.resolve("../support/words.ts");
  const held = (pool: AnyPool, words: Int32Array, options: TaskOptions = {}) =>
    backend.capabilities.sharedMemory
      ? pool.submit(hold.with(options), words)
      : pool.submit(holdMapped.with(options), words, support);
  for (const [name, look, expected] of waits) {
    check(`${name}: a result that arrived while the caller's loop was blocked past the limit is in time`, async () => {
      await using pool = backend.make({ workers: 1 });
      for (let round = 0; round < 3; round++) {
        const words = sharedWords(4);
        const future = held(pool, words);
        await until(() => Atomics.load(words, ENTERED) === 1, "the task runs");
        const isNow = name.includes("timeout: 0");
        const waiting = isNow ? undefined : look(future);
        Atomics.store(words, OPEN, 1);
        Atomics.notify(words, OPEN);
        const start = performance.now();
        let returned = Infinity;
        // Blocks until the limit is over, and the result has had 200 ms to get here.
        while (
          performance.now() < Math.max(start + 2 * LIMIT, returned + 200) && performance.now() < start + MUST_HAPPEN
        ) {
          if (returned === Infinity && Atomics.load(words, RETURNING) === 1) returned = performance.now();
        }
        assertEquals(await within(MUST_HAPPEN, waiting ?? look(future)), expected);
      }
    });
  }

  check(
    "join({ timeout }): a pool whose last call ended while the caller's loop was blocked ends in time",
    async () => {
      const pool = backend.make({ workers: 1 });
      const words = sharedWords(4);
      const future = held(pool, words);
      await until(() => Atomics.load(words, ENTERED) === 1, "the task runs");
      pool.close();
      const joining = pool.join({ timeout: LIMIT });
      Atomics.store(words, OPEN, 1);
      Atomics.notify(words, OPEN);
      const end = performance.now() + 300;
      while (performance.now() < end);
      await within(MUST_HAPPEN, joining);
      assertEquals((await future).get(1), "one");
    },
  );

  check(
    "a timeout is not late by the 3 s for which the caller's loop was blocked while the worker started (bound: 2 s)",
    async () => {
      await using pool = backend.make({ workers: 1 });
      const ready = pool.ready();
      for (const end = performance.now() + 3_000; performance.now() < end;);
      await ready;
      const words = sharedWords(4);
      const start = performance.now();
      await assertRejects(() => held(pool, words, { timeout: 50 }), TaskTimeoutError);
      const ms = performance.now() - start;
      assert(ms < 2_000, `${ms} ms`);
    },
  );

  // A scoped worker cannot be stopped there: it is abandoned, with its port.
  const stoppable = backend.capabilities.forcedKill ? check : () => {};
  stoppable("a call at a worker that left-over code blocks runs on another worker, once (bound: 30 s)", async () => {
    await using pool = backend.make({ workers: 1 });
    const words = sharedWords(4);
    const path = backend.capabilities.sharedMemory ? undefined : support;
    await pool.submit(leaveSpinning, words, path);
    await until(() => Atomics.load(words, 0) === 1, "the timer spins");
    const [blocked] = pool.workerIds;
    const calls = [1, 2, 3].map(() => pool.submit(countRun, words, path));
    assertEquals(await within(BLOCKED, Promise.all(calls)), ["ran", "ran", "ran"]);
    assertEquals(Atomics.load(words, 1), 3);
    // The worker of a host is none of the pool's.
    if (backend.capabilities.engine !== "cluster") assert(!pool.workerIds.includes(blocked), "it was stopped");
  }, { deadline: 2 * BLOCKED });

  check("a wait whose result does not arrive still ends at its limit, also after a blocked loop", async () => {
    await using pool = backend.make({ workers: 1 });
    const words = sharedWords(4);
    const future = held(pool, words);
    await until(() => Atomics.load(words, ENTERED) === 1, "the task runs");
    const waiting = future.result({ timeout: LIMIT });
    const end = performance.now() + 2 * LIMIT;
    while (performance.now() < end);
    await assertRejects(() => within(MUST_HAPPEN, waiting), WaitTimeoutError);
    Atomics.store(words, OPEN, 1);
    Atomics.notify(words, OPEN);
    await future;
  });
};
