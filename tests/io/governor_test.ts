import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { CancelledError, limit, TaskTimeoutError } from "@isopool/isopool";
import { countListeners } from "../support/count_listeners.ts";
import { test } from "../support/within.ts";
import { outcomeOf, retries, runTurns, untilAborted } from "./kit.ts";

test("limit().acquire(): permits and calls share the concurrency, in order; release() frees a permit once", async () => {
  const run = limit(1);
  const order: string[] = [];
  const token = await run.acquire();
  const call = run(() => order.push("call"));
  const second = run.acquire().then((permit) => {
    order.push("permit");
    return permit;
  });
  const third = run(() => order.push("last"));
  await runTurns();
  assertEquals([order, run.active, run.waiting], [[], 1, 3]);
  token.release();
  token.release();
  token[Symbol.dispose]();
  const held = await second;
  await runTurns();
  assertEquals([order, run.active, run.waiting], [["call", "permit"], 1, 1]);
  held.release();
  await Promise.all([call, third, run.idle()]);
  assertEquals([order, run.active, run.waiting], [["call", "permit", "last"], 0, 0]);
});

test("limit().acquire(): leaving a using block releases, after a throw too", async () => {
  const run = limit(1);
  const boom = new Error("boom");
  const error = await outcomeOf((async () => {
    using _permit = await run.acquire();
    throw boom;
  })());
  assertStrictEquals(error, boom);
  assertEquals(run.active, 0);
});

test("limit().acquire(): a signal, the limiter's signal and clear() end the wait; no permit and no listener stays", async () => {
  const [own, common] = [new AbortController(), new AbortController()];
  const run = limit({ concurrency: 1, signal: common.signal });
  const listeners = countListeners(own.signal);
  const token = await run.acquire();
  const waiting = run.acquire({ signal: own.signal });
  own.abort("own");
  assertEquals(await outcomeOf(waiting), "own");
  assertEquals(listeners, { now: 0, max: 1 });
  const cleared = run.acquire();
  run.clear();
  assert(await outcomeOf(cleared) instanceof CancelledError);
  const last = run.acquire();
  common.abort("common");
  assertEquals(await outcomeOf(last), "common");
  assertEquals(await outcomeOf(run.acquire()), "common");
  token.release();
  assertEquals([run.active, run.waiting], [0, 0]);
});

test("limit().with() and wrap(): as a call, with `this` and the arguments, the timeout and the retries", async () => {
  const run = limit({ concurrency: 2, retry: retries(1), timeout: 50 });
  let attempts = 0;
  assertEquals(
    await run.with(() => {
      if (++attempts === 1) throw new Error("again");
      return attempts;
    }),
    2,
  );
  let inside = 0, most = 0;
  const account = {
    balance: 1,
    add: run.wrap(async function (this: { balance: number }, a: number, b: number) {
      most = Math.max(most, ++inside);
      await runTurns(2);
      inside--;
      return this.balance + a + b;
    }),
  };
  assertEquals(await Promise.all([1, 2, 3, 4].map((n) => account.add(n, 10))), [12, 13, 14, 15]);
  assertEquals(most, 2);
  const timed = limit({ timeout: 10 });
  assert(await outcomeOf(timed.with(() => untilAborted(new AbortController().signal))) instanceof TaskTimeoutError);
  await timed.idle();
});

test("limit(): a higher `concurrency` starts the waiting calls at once, a lower one waits for the ends", async () => {
  const run = limit(1);
  const gates = Array.from({ length: 6 }, () => Promise.withResolvers<void>());
  const started: number[] = [];
  const calls = gates.map(({ promise }, n) =>
    run(() => {
      started.push(n);
      return promise;
    })
  );
  await runTurns();
  assertEquals(started, [0]);
  run.concurrency = 3;
  assertEquals([run.concurrency, run.active, run.waiting], [3, 3, 3]);
  await runTurns();
  assertEquals(started, [0, 1, 2]);
  run.concurrency = 1;
  gates[0].resolve();
  gates[1].resolve();
  await Promise.all([calls[0], calls[1]]);
  await runTurns();
  assertEquals([started, run.active], [[0, 1, 2], 1]);
  gates[2].resolve();
  await calls[2];
  await runTurns();
  assertEquals([started, run.active], [[0, 1, 2, 3], 1]);
  run.concurrency = Infinity;
  for (const gate of gates) gate.resolve();
  await Promise.all(calls);
  assertEquals([run.concurrency, run.active], [Infinity, 0]);
});

test("limit(): bad values of acquire, with, wrap and concurrency are errors that name them", async () => {
  const run = limit(1);
  assertThrows(() => run.concurrency = 0, RangeError, "`concurrency` is 0");
  assertThrows(() => run.concurrency = "2" as never, TypeError, '`concurrency` is "2"');
  assertThrows(() => run.wrap(1 as never), TypeError, "`fn` is 1");
  assertThrows(() => run.with(undefined as never), TypeError, "`fn` is undefined");
  assertThrows(() => run.acquire({ timeout: 5 } as never), TypeError, "unknown option `timeout`");
  assertEquals([run.concurrency, await run(() => 1)], [1, 1]);
});
