import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { CancelledError } from "@isopool/isopool";
import { gated, values } from "../fixtures/views.ts";
import { Gate } from "../support/gate.ts";
import { reported } from "../support/reported.ts";
import { MUST_HAPPEN, until, within } from "../support/within.ts";
import { fewer, GRACE, type Suite } from "./backend.ts";

/** `applyAsync`: which callback runs, when, and how often. */
export const applySuite: Suite = (backend, check) => {
  check("applyAsync() calls the callback on success and the errorCallback on failure, once", async () => {
    const received: unknown[] = [];
    {
      await using pool = backend.make({ workers: 2 });
      for (const n of [2, 3]) {
        pool.applyAsync(values.failOdd, [n], {
          callback: (result) => received.push(["result", n, result]),
          errorCallback: (error) => received.push(["error", n, (error as Error).message]),
        });
      }
    }
    assertEquals(received.toSorted((a, b) => (a as number[])[1] - (b as number[])[1]), [
      ["result", 2, 2],
      ["error", 3, "odd: 3"],
    ]);
  });

  check("applyAsync() calls the errorCallback for cancelled calls, waiting and running ones", async () => {
    await using pool = backend.make({ workers: 1, killGrace: GRACE });
    await using gate = new Gate();
    const received: unknown[] = [];
    const callbacks = {
      callback: () => received.push("result"),
      errorCallback: (error: unknown) => received.push(error),
    };
    const running = pool.applyAsync(gated.holdPolitely, [gate.words], callbacks);
    await gate.entered();
    const waiting = pool.applyAsync(values.double, [1], callbacks);
    assert(waiting.cancel());
    assert(running.cancel());
    await within(MUST_HAPPEN, Promise.allSettled([running, waiting]));
    assertEquals(received.map((each) => each instanceof CancelledError), [true, true]);
  });

  check("a callback of applyAsync() is a closure, which has its own variables", async () => {
    const sums = new Map<string, number>();
    {
      await using pool = backend.make({ workers: 2 });
      for (const [name, n] of [["one", 1], ["two", 2]] as const) {
        pool.applyAsync(values.double, [n], { callback: (result) => void sums.set(name, result) });
      }
    }
    assertEquals([sums.get("one"), sums.get("two")], [2, 4]);
  });

  const many = fewer(backend, 500);
  check(`all callbacks of ${many} calls have run when the block ends, also after a throw`, async () => {
    let received = 0;
    const body = async () => {
      await using pool = backend.make({ workers: 2 });
      for (let n = 0; n < many; n++) {
        pool.applyAsync(values.failOdd, [n], { callback: () => void received++, errorCallback: () => void received++ });
      }
      throw new URIError("body");
    };
    const error = await within(MUST_HAPPEN, body().catch((error: unknown) => error));
    assertEquals([(error as Error).name, received], ["URIError", many]);
  });

  check("a throwing callback is reported; its future and the other callbacks are unharmed", async () => {
    const received: number[] = [];
    const errors = await reported(async () => {
      await using pool = backend.make({ workers: 1 });
      const future = pool.applyAsync(values.double, [1], {
        callback: () => {
          throw new URIError("from the callback");
        },
        errorCallback: () => received.push(-1),
      });
      for (const n of [2, 3]) pool.applyAsync(values.double, [n], { callback: (result) => void received.push(result) });
      assertEquals(await future, 2);
    });
    assertEquals(errors.map((error) => (error as Error).message), ["from the callback"]);
    assertEquals(received, [4, 6]);
  });

  check("applyAsync() with an errorCallback observes the failure; without one the failure is unobserved", async () => {
    await using pool = backend.make({ workers: 1 });
    pool.applyAsync(values.failOdd, [1], { errorCallback: () => {} });
    const unobserved = pool.applyAsync(values.failOdd, [3], { callback: () => {} });
    await until(() => pool.stats().tasks.failed === 2, "both calls have failed");
    assertEquals(pool.stats().tasks.unobserved, 1);
    assertEquals(((await unobserved.exception()) as Error).message, "odd: 3");
    assertEquals(pool.stats().tasks.unobserved, 0);
  });

  check("applyAsync() returns a future, and its callback gets the future's own value", async () => {
    await using pool = backend.make({ workers: 1 });
    let given: unknown;
    const future = pool.applyAsync(values.echo, [{ a: 1 }], { callback: (result) => void (given = result) });
    assertStrictEquals(await future, given);
  });

  check("applyAsync() refuses bad arguments at the call", async () => {
    await using pool = backend.make({ workers: 1 });
    // deno-lint-ignore no-explicit-any -- what a caller without types may pass
    const apply = pool.applyAsync.bind(pool) as any;
    assertThrows(() => apply(values.double, 1), TypeError, "`args`");
    assertThrows(() => apply(values.double, [1], { callback: 5 }), TypeError, "`callback`");
    assertThrows(() => apply(values.double, [1], { errorCallback: "no" }), TypeError, "`errorCallback`");
    assertThrows(() => apply(values.double, [1], { errback: () => {} }), TypeError, "unknown option");
  });
};
