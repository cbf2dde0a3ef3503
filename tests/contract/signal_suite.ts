import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { countListeners } from "../support/count_listeners.ts";
import { Gate } from "../support/gate.ts";
import { MUST_HAPPEN, timed, until, within } from "../support/within.ts";
import { gated, values } from "../fixtures/views.ts";
import { GRACE, SETTLES, type Suite } from "./backend.ts";

/** `signal`: of waiting and running calls, and already aborted. */
export const signalSuite: Suite = (backend, check) => {
  const reasons: Record<string, unknown> = {
    "an error": new URIError("my reason"),
    "a string": "my reason",
    "an object": { why: "my reason" },
  };
  for (const [kind, reason] of Object.entries(reasons)) {
    check(`a queued task is cancelled by its signal at once; ${kind} as reason arrives untouched`, async () => {
      await using pool = backend.make({ workers: 1 });
      await using gate = new Gate();
      await using never = new Gate();
      const running = pool.submit(gated.hold, gate.words);
      await gate.entered();
      const controller = new AbortController();
      const waiting = pool.submit(gated.enter.with({ signal: controller.signal }), never.words);
      controller.abort(reason);
      assertEquals(waiting.state, "cancelled");
      await waiting.then(() => assert(false), (error) => assertStrictEquals(error, reason));
      gate.open();
      await running;
      assertEquals(never.count, 0);
    });
  }

  check("a running task that obeys is cancelled by its signal, the reason untouched", async () => {
    await using pool = backend.make({ workers: 1, killGrace: 20_000 });
    await using gate = new Gate();
    const controller = new AbortController();
    const future = pool.submit(gated.holdPolitely.with({ signal: controller.signal }), gate.words);
    await gate.entered();
    const reason = new URIError("my reason");
    controller.abort(reason);
    const { ms, error } = await timed(within(MUST_HAPPEN, future.result()));
    assertStrictEquals(error, reason);
    assertEquals(future.state, "cancelled");
    assert(ms < SETTLES);
  });

  check("a running task that ignores its signal is stopped after killGrace, within 1 s (bound: 5 s)", async () => {
    await using pool = backend.make({ workers: 1, killGrace: GRACE });
    await using gate = new Gate();
    const controller = new AbortController();
    const future = pool.submit(gated.hold.with({ signal: controller.signal }), gate.words);
    await gate.entered();
    const start = performance.now();
    controller.abort();
    const { ms, error } = await timed(within(MUST_HAPPEN, future.result()), start);
    assertStrictEquals(error, controller.signal.reason);
    assertEquals([(error as Error).name, future.state], ["AbortError", "cancelled"]);
    assert(ms >= GRACE - 5 && ms < GRACE + SETTLES, `${ms} ms`);
    assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 1)), 2);
  });

  check("a signal that has aborted already: the task never runs", async () => {
    await using pool = backend.make({ workers: 1 });
    await using never = new Gate();
    const reason = new URIError("before");
    const future = pool.submit(gated.enter.with({ signal: AbortSignal.abort(reason) }), never.words);
    assertEquals(future.state, "cancelled");
    assertStrictEquals(await assertRejects(() => future.result()), reason);
    const results = pool.map(gated.enter, [never.words], { signal: AbortSignal.abort(reason) });
    assertStrictEquals(await assertRejects(async () => await results), reason);
    assertEquals(await pool.submit(values.double, 1), 2);
    assertEquals(never.count, 0);
  });

  check("AbortSignal.timeout() counts from submission: it ends a waiting call", async () => {
    await using pool = backend.make({ workers: 1 });
    await using gate = new Gate();
    await using never = new Gate();
    const running = pool.submit(gated.hold, gate.words, "ran on");
    await gate.entered();
    const waiting = pool.submit(gated.enter.with({ signal: AbortSignal.timeout(50) }), never.words);
    const { ms, error } = await timed(within(MUST_HAPPEN, waiting.result()));
    assertEquals((error as Error).name, "TimeoutError");
    assert(ms < SETTLES, `${ms} ms`);
    gate.open();
    assertEquals([await running, never.count], ["ran on", 0]);
  });

  check("a signal aborts a whole map: running items are stopped, waiting ones never run", async () => {
    await using pool = backend.make({ workers: 2, killGrace: GRACE });
    await using gate = new Gate();
    const controller = new AbortController();
    const inputs = Array.from({ length: 20 }, () => gate.words);
    const results = pool.map(gated.hold, inputs, { signal: controller.signal, chunkSize: 1 });
    const ended = assertRejects(async () => await results);
    await gate.entered(2);
    const reason = new URIError("the whole map");
    controller.abort(reason);
    assertStrictEquals(await within(MUST_HAPPEN, ended), reason);
    assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 3)), 6);
    assertEquals(gate.count, 2);
  });

  check("a signal that aborts between two items of a loop ends the loop with its reason", async () => {
    await using pool = backend.make({ workers: 2 });
    const controller = new AbortController();
    const reason = new URIError("in the loop");
    function* endless() {
      for (let n = 0;; n++) yield n;
    }
    const error = await within(
      MUST_HAPPEN,
      assertRejects(async () => {
        for await (const n of pool.map(values.double, endless(), { signal: controller.signal })) {
          if (n === 10) controller.abort(reason);
        }
      }),
    );
    assertStrictEquals(error, reason);
  });

  check("no listener is left on a signal that outlives its tasks", async () => {
    const controller = new AbortController();
    const listeners = countListeners(controller.signal);
    const { signal } = controller;
    await using pool = backend.make({ workers: 2 });
    const futures = Array.from({ length: 50 }, (_, n) => pool.submit(values.double.with({ signal }), n));
    assertEquals(listeners.now, 50);
    await Promise.all(futures);
    assertEquals(listeners.now, 0);
    await pool.submit(values.failOdd.with({ signal }), 1).exception();
    assertEquals(listeners.now, 0);
    await pool.map(values.double, [1, 2, 3], { signal });
    assertEquals(listeners.now, 0);
    for await (const _ of pool.map(values.double, [1, 2, 3], { signal })) break;
    const waiting = pool.submit(values.double.with({ signal }), 1);
    waiting.cancel();
    // A worker that cannot give calls back ends them first.
    await until(() => listeners.now === 0, () => `no listener is left of ${listeners.now}`);
  });

  check("two tasks with signals of their own: one abort does not reach the other", async () => {
    await using pool = backend.make({ workers: 2, killGrace: 20_000 });
    await using gate = new Gate();
    const [one, two] = [new AbortController(), new AbortController()];
    const first = pool.submit(gated.holdPolitely.with({ signal: one.signal }), gate.words);
    const second = pool.submit(gated.holdPolitely.with({ signal: two.signal }), gate.words);
    await gate.entered(2);
    one.abort();
    await within(MUST_HAPPEN, assertRejects(() => first.result()));
    assertEquals(second.state, "running");
    gate.open();
    assertEquals(await second, "held");
  });

  check("one signal ends all tasks that share it", async () => {
    await using pool = backend.make({ workers: 2, killGrace: 20_000 });
    await using gate = new Gate();
    const controller = new AbortController();
    const { signal } = controller;
    const futures = Array.from({ length: 6 }, () => pool.submit(gated.holdPolitely.with({ signal }), gate.words));
    await gate.entered(2);
    controller.abort();
    const ends = await within(MUST_HAPPEN, Promise.allSettled(futures));
    assertEquals(ends.map(({ status }) => status), new Array(6).fill("rejected"));
    assertEquals(futures.map(({ state }) => state), new Array(6).fill("cancelled"));
    assertEquals(gate.count, 2);
  });
};
