import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type Future, type Pool, TaskLoadError, wait } from "@isopool/isopool";
import { Gate } from "../support/gate.ts";
import { until } from "../support/within.ts";
import { gated, subPool, values } from "../fixtures/views.ts";
import type { Suite } from "./backend.ts";

/** `submit` and `apply`: arguments, nesting, many at once, closures. */
export const submitSuite: Suite = (backend, check) => {
  const { capabilities } = backend;

  check("Pool.submit() gives the result of a task", async () => {
    await using pool = backend.make({ workers: 2 });
    const future = pool.submit(values.add, 2, 3);
    assertEquals(await future, 5);
    assertEquals([future.state, future.done, future.running, future.cancelled], ["finished", true, false, false]);
  });

  check("Pool.submit() passes every argument, options-like objects and none at all", async () => {
    await using pool = backend.make({ workers: 1 });
    assertEquals(await pool.submit(values.count), 0);
    assertEquals(await pool.submit(values.count, undefined), 1);
    assertEquals(await pool.submit(values.count, 1, { timeout: 1 }, { fn: 1, self: 2, task: 3 }), 3);
    const keys = { fn: 1, self: 2, task: 3, kind: "leave", url: "x" };
    assertEquals(await pool.submit(values.echo, keys), keys);
  });

  check("Pool.apply() takes the argument list and gives a promise", async () => {
    await using pool = backend.make({ workers: 1 });
    assertEquals(await pool.apply(values.add, [2, 3]), 5);
    // deno-lint-ignore no-explicit-any -- what a caller without types may pass
    assertThrows(() => pool.apply(values.add, 2 as any), TypeError, "`args`");
  });

  check("Pool.submit() unwraps nested promises and thenables", async () => {
    await using pool = backend.make({ workers: 1 });
    assertEquals(await pool.submit(values.nested, "deep"), "deep");
    assertEquals(await pool.submit(values.thenable, "like a promise"), "like a promise");
  });

  check("Pool.submit() rejects with what an asynchronous task rejects with", async () => {
    await using pool = backend.make({ workers: 1 });
    await assertRejects(() => pool.submit(values.negate, -1), RangeError, "negative: -1");
    assertEquals(await pool.submit(values.negate, 1), -1);
  });

  check("200 submits on 3 workers are all done after wait()", async () => {
    await using pool = backend.make({ workers: 3 });
    const futures = Array.from({ length: 200 }, (_, n) => pool.submit(values.double, n));
    const { done, notDone } = await wait(futures);
    assertEquals([done.size, notDone.size], [200, 0]);
    assertEquals(await Promise.all(futures), Array.from({ length: 200 }, (_, n) => 2 * n));
  });

  check("Pool.submit() accepts more work from inside a done callback", async () => {
    await using pool = backend.make({ workers: 1 });
    const { promise, resolve } = Promise.withResolvers<Future<number>>();
    pool.submit(values.double, 1).addDoneCallback(() => resolve(pool.submit(values.double, 21)));
    await promise.then((value) => assertEquals(value as unknown, 42));
  });

  check("Future.workerId is the id of the worker, and is undefined before the start", async () => {
    await using pool = backend.make({ workers: 1 });
    await using gate = new Gate();
    const running = pool.submit(gated.hold, gate.words);
    const waiting = pool.submit(values.double, 1);
    await gate.entered();
    await until(() => running.running, "the future knows that it runs");
    assertEquals([running.state, waiting.state], ["running", "pending"]);
    assertEquals([typeof running.workerId, waiting.workerId], ["number", undefined]);
    gate.open();
    await waiting;
    assertEquals(waiting.workerId, running.workerId);
  });

  const isScoped = capabilities.engine === "web";
  const needs = isScoped ? ", which takes what its task modules take" : "";
  check(`a task may have a pool of its own${needs}`, async () => {
    await using pool = backend.make({ workers: 1 });
    if (isScoped) {
      await assertRejects(() => pool.submit(subPool.sumOfDoubles, "async", [1]).result(), TaskLoadError, "read access");
      await assertRejects(
        () => pool.submit(subPool.sumOfDoubles, "worker", [1]).result(),
        Deno.errors.NotCapable,
        "Cannot create pool: its workers load ",
      );
      return;
    }
    assertEquals(await pool.submit(subPool.sumOfDoubles, "async", [1, 2, 3]), 12);
    assertEquals(await pool.submit(subPool.sumOfDoubles, "worker", [1, 2, 3]), 12);
  });

  check("a value that is no task is refused at the call", async () => {
    await using pool = backend.make({ workers: 1 });
    for (const task of [undefined, null, 1, "add", {}, []]) {
      // deno-lint-ignore no-explicit-any -- what a caller without types may pass
      assertThrows(() => pool.submit(task as any), TypeError, "`task`");
    }
  });

  check(`a closure is ${capabilities.isolated ? "refused at the call" : "taken"}`, async () => {
    await using pool = backend.make({ workers: 1 });
    const closures = pool as unknown as Pool<"async">;
    let seen = 0;
    const closure = (n: number) => (seen = n) + 1;
    if (capabilities.isolated) {
      assertThrows(() => closures.submit(closure, 1), TypeError, "a closure cannot run on backend");
      assertThrows(() => closures.map(closure, [1]), TypeError, "a closure cannot run on backend");
      assertEquals(seen, 0);
    } else {
      assertEquals(await closures.submit(closure, 1), 2);
      assertEquals(await closures.map(closure, [5, 6]), [6, 7]);
      assert(seen === 6);
    }
  });
};
