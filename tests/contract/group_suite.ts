import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { CancelledError, PoolClosedError } from "@isopool/isopool";
import { gated, values } from "../fixtures/views.ts";
import { Gate } from "../support/gate.ts";
import { reported } from "../support/reported.ts";
import { MUST_HAPPEN, within } from "../support/within.ts";
import { GRACE, type Suite } from "./backend.ts";
import { sharedWords } from "../support/words.ts";

/** `group`: calls that end together. */
export const groupSuite: Suite = (backend, check) => {
  check("leaving a group's block waits for all of its calls", async () => {
    await using pool = backend.make({ workers: 2 });
    const futures = [];
    {
      await using group = pool.group();
      for (let n = 0; n < 20; n++) futures.push(group.submit(values.slowFirst, n));
      assertEquals(group.size, 20);
    }
    assertEquals(futures.map(({ state }) => state), new Array(20).fill("finished"));
    assertEquals(await Promise.all(futures), Array.from({ length: 20 }, (_, n) => n));
  });

  check("the first failure cancels waiting and running siblings, and the block throws it", async () => {
    await using pool = backend.make({ workers: 2, killGrace: GRACE });
    await using gate = new Gate();
    await using never = new Gate();
    const siblings: { state: string }[] = [];
    const body = async () => {
      await using group = pool.group();
      siblings.push(group.submit(gated.holdPolitely, gate.words));
      await gate.entered();
      group.submit(values.failOdd, 7);
      for (let n = 0; n < 5; n++) siblings.push(group.submit(gated.hold, never.words));
    };
    await within(MUST_HAPPEN, assertRejects(body, RangeError, "odd: 7"));
    assertEquals(siblings.map(({ state }) => state), new Array(6).fill("cancelled"));
    assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 1)), 2);
  });

  check("the block does not throw a failure that was observed inside it", async () => {
    await using pool = backend.make({ workers: 1 });
    await using group = pool.group();
    const future = group.submit(values.failOdd, 1);
    assertEquals((await future.exception() as Error).message, "odd: 1");
  });

  check("a body that throws: the block waits for its calls, and throws its error", async () => {
    await using pool = backend.make({ workers: 1 });
    let future;
    const body = async () => {
      await using group = pool.group();
      future = group.submit(values.slowFirst, 0);
      throw new URIError("body");
    };
    await assertRejects(body, URIError, "body");
    assertEquals(future!.state, "finished");
  });

  check("a body that throws besides a failed call: the block throws both in a SuppressedError", async () => {
    await using pool = backend.make({ workers: 1 });
    const body = async () => {
      await using group = pool.group();
      group.submit(values.failOdd, 3);
      throw new URIError("body");
    };
    const error = await assertRejects(body, SuppressedError);
    assertEquals((error as SuppressedError).error.message, "odd: 3");
    assertEquals((error as SuppressedError).suppressed.message, "body");
  });

  check("many failures at once: the block throws one, and none is reported", async () => {
    const others = await reported(async () => {
      await using pool = backend.make({ workers: 2, killGrace: 20_000 });
      const body = async () => {
        await using group = pool.group();
        for (let n = 1; n < 40; n += 2) group.submit(values.failOdd, n);
      };
      await within(MUST_HAPPEN, assertRejects(body, RangeError, "odd: "));
    });
    assertEquals(others, []);
  });

  check("submit() after the failure is refused with the failure as cause", async () => {
    await using pool = backend.make({ workers: 1 });
    const body = async () => {
      await using group = pool.group();
      const future = group.submit(values.failOdd, 5);
      const failure = await future.exception();
      const error = assertThrows(() => group.submit(values.double, 1), CancelledError, "its group was cancelled");
      assertStrictEquals((error as Error).cause, failure);
      assertEquals(group.size, 0);
    };
    await body();
  });

  check("cancel() ends a group without an error of its own", async () => {
    await using pool = backend.make({ workers: 1, killGrace: GRACE });
    await using gate = new Gate();
    const reason = new URIError("no longer wanted");
    let future;
    {
      await using group = pool.group();
      future = group.submit(gated.holdPolitely, gate.words);
      await gate.entered();
      group.cancel(reason);
      assertThrows(() => group.submit(values.double, 1), CancelledError);
    }
    assertEquals(future.state, "cancelled");
    await assertRejects(() => future.result());
  });

  check(
    "a group inside a group: the inner failure ends the inner one, the outer one goes on where it is caught",
    async () => {
      await using pool = backend.make({ workers: 2, killGrace: GRACE });
      await using gate = new Gate();
      let outside;
      {
        await using outer = pool.group();
        outside = outer.submit(gated.hold, gate.words, "outer");
        await gate.entered();
        const body = async () => {
          await using inner = pool.group();
          inner.submit(values.failOdd, 9);
        };
        await within(MUST_HAPPEN, assertRejects(body, RangeError, "odd: 9"));
        assertEquals(outside.state, "running");
        gate.open();
      }
      assertEquals(await outside, "outer");
    },
  );

  check("cancelling one call does not end its group", async () => {
    await using pool = backend.make({ workers: 1 });
    await using gate = new Gate();
    let last;
    {
      await using group = pool.group();
      group.submit(gated.hold, gate.words);
      await gate.entered();
      const one = group.submit(values.double, 1);
      last = group.submit(values.double, 2);
      assert(one.cancel());
      gate.open();
    }
    assertEquals(await last, 4);
  });

  check("a call that succeeds under retry does not fail its group", async () => {
    await using pool = backend.make({ workers: 1 });
    const log = sharedWords(16);
    await using group = pool.group();
    const future = group.submit(values.succeedAt.with({ retry: 2 }), 3, log);
    assertEquals(await future, 3);
  });

  check("a closed pool opens no group", async () => {
    const pool = backend.make({ workers: 1 });
    await pool.shutdown();
    assertThrows(() => pool.group(), PoolClosedError);
  });

  check("any(): the first success cancels the rest; failures before it do not", async () => {
    await using pool = backend.make({ workers: 3, killGrace: GRACE });
    await using never = new Gate();
    await using group = pool.group();
    const held = [group.submit(gated.holdPolitely, never.words), group.submit(values.failOdd, 1)];
    group.submit(values.double, 21);
    assertEquals(await within(MUST_HAPPEN, group.any()), 42);
    await assertRejects(() => held[0].result(), CancelledError);
    assertThrows(() => group.submit(values.double, 1), CancelledError);
    assertThrows(() => group.any(), TypeError, "called before");
  });

  check("any(): an AggregateError of all failures if no call succeeds, and of none without calls", async () => {
    await using pool = backend.make({ workers: 1 });
    const unobserved = await reported(async () => {
      await using group = pool.group();
      for (const n of [1, 3]) group.submit(values.failOdd, n);
      const error = await assertRejects(() => group.any(), AggregateError, "2 failed");
      assertEquals(error.errors.map(({ message }: Error) => message), ["odd: 1", "odd: 3"]);
    });
    assertEquals(unobserved, []);
    assertEquals((await assertRejects(() => pool.group().any(), AggregateError)).errors, []);
  });

  check("any(): a group that has failed already rejects with that failure", async () => {
    await using pool = backend.make({ workers: 1 });
    await using group = pool.group();
    await assertRejects(() => group.submit(values.failOdd, 1).result(), RangeError);
    const error = await assertRejects(() => group.any(), AggregateError);
    assertEquals(error.errors.map(({ message }: Error) => message), ["odd: 1"]);
  });
};
