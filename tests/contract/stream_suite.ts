import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { TransferError } from "@isopool/isopool";
import { streams, values } from "../fixtures/views.ts";
import { expectError } from "../support/expect.ts";
import { Gate } from "../support/gate.ts";
import { range } from "../support/range.ts";
import { MUST_HAPPEN, pause, until, within } from "../support/within.ts";
import { fewer, type Suite } from "./backend.ts";

/** Maximum number of items that wait for a reader, as documented at `Pool.stream`. */
const BUFFER = 16;

/** `stream`: generators on a pool. */
export const streamSuite: Suite = (backend, check) => {
  for (const kind of ["count", "countSync"] as const) {
    check(`${kind}: a stream gives what the generator yields, in order, and its finally runs`, async () => {
      await using pool = backend.make({ workers: 1 });
      await using gate = new Gate();
      const seen: number[] = [];
      for await (const n of pool.stream(streams[kind], 1_000, gate.words)) seen.push(n);
      assertEquals(seen, range(1_000));
      assertEquals(gate.read("LEFT"), 1);
    });

    check(`${kind}: the generator is at most ${BUFFER} items ahead of its reader`, async () => {
      await using pool = backend.make({ workers: 1 });
      await using gate = new Gate();
      let taken = 0;
      for await (const n of pool.stream(streams[kind], 1_000, gate.words)) {
        assertEquals(n, taken++);
        await until(() => gate.count >= taken + BUFFER / 2, "the generator goes on");
        if (taken % 10 === 0) await pause(10); // Time in which the generator could run ahead.
        assert(gate.count <= taken + BUFFER, `${gate.count} yielded, ${taken} taken`);
        if (taken === 60) break;
      }
      await until(() => gate.read("LEFT") === 1, "finally runs");
      assert(gate.count <= taken + BUFFER);
      assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 2)), 4);
    });

    check(`${kind}: awaiting a stream collects all its items`, async () => {
      await using pool = backend.make({ workers: 1 });
      await using gate = new Gate();
      assertEquals(await pool.stream(streams[kind], 500, gate.words), range(500));
      assertEquals(await pool.stream(streams[kind], 0, gate.words), []);
    });
  }

  const many = fewer(backend, 100_000);
  check(`a stream of ${many.toLocaleString("en")} items arrives complete`, async () => {
    await using pool = backend.make({ workers: 1 });
    await using gate = new Gate();
    let [seen, sum] = [0, 0];
    for await (const n of pool.stream(streams.count, many, gate.words)) {
      seen++;
      sum += n;
    }
    assertEquals([seen, sum], [many, many * (many - 1) / 2]);
  }, { deadline: 90_000 });

  check("a stream starts when it is read, not before", async () => {
    await using pool = backend.make({ workers: 1 });
    await using gate = new Gate();
    const stream = pool.stream(streams.count, 3, gate.words);
    assertEquals(await pool.submit(values.double, 1), 2);
    assertEquals(gate.count, 0);
    assertEquals(await stream, [0, 1, 2]);
  });

  check("a generator that throws: the reader gets its items, then its error", async () => {
    await using pool = backend.make({ workers: 1 });
    for (const after of [0, 3, 40]) {
      const seen: number[] = [];
      await assertRejects(
        async () => {
          for await (const n of pool.stream(streams.failAfter, after)) seen.push(n);
        },
        RangeError,
        `after ${after}`,
      );
      assertEquals(seen, range(after));
      await assertRejects(async () => await pool.stream(streams.failAfter, after), RangeError, `after ${after}`);
    }
  });

  check("streaming a task that is no generator fails with an error that names what to use instead", async () => {
    await using pool = backend.make({ workers: 1 });
    // deno-lint-ignore no-explicit-any -- what a caller without types may pass
    const task = streams.notIterable as any;
    await assertRejects(async () => await pool.stream(task), TypeError, "submit() the others");
  });

  if (backend.capabilities.isolated) {
    check("a generator given to submit() fails: a generator cannot be copied", async () => {
      await using pool = backend.make({ workers: 1 });
      await using gate = new Gate();
      // deno-lint-ignore no-explicit-any -- what a caller without types may pass
      const end = await within(MUST_HAPPEN, pool.submit(streams.count as any, 3, gate.words).exception());
      expectError(end, TransferError);
      assertEquals(gate.count, 0);
    });
  }

  check("items that were marked with move() are moved out of the worker", async () => {
    await using pool = backend.make({ workers: 1 });
    for (const moved of [true, false]) {
      await using gate = new Gate();
      const [bytes] = await pool.stream(streams.buffers, moved, gate.words);
      assertEquals([bytes.length, bytes[0], bytes[999]], [1000, 7, 7]);
      const left = moved && backend.capabilities.isolated ? 0 : 1000;
      assertEquals(gate.read("NOTE"), left + 1);
    }
  });

  check("stream() refuses retry at the call", async () => {
    await using pool = backend.make({ workers: 1 });
    assertThrows(() => pool.stream(streams.failAfter.with({ retry: 1 }), 3), TypeError, "`retry`");
    await using retrying = backend.make({ workers: 1, retry: 2 });
    await assertRejects(async () => await retrying.stream(streams.failAfter, 2), RangeError, "after 2");
  });

  check("several streams at once, more than workers, do not mix", async () => {
    await using pool = backend.make({ workers: 2 });
    await using gate = new Gate();
    const all = await within(
      MUST_HAPPEN,
      Promise.all(
        range(6).map(async (n) => {
          const seen: number[] = [];
          for await (const each of pool.stream(streams.count, 50 * n, gate.words)) seen.push(each);
          return seen;
        }),
      ),
    );
    assertEquals(all, range(6).map((n) => range(50 * n)));
  });

  check("a stream occupies its worker while its reader is away, the other worker goes on", async () => {
    await using pool = backend.make({ workers: 2 });
    await using gate = new Gate();
    const iterator = pool.stream(streams.count, 1_000, gate.words)[Symbol.asyncIterator]();
    await iterator.next();
    assertEquals(await within(MUST_HAPPEN, pool.map(values.double, range(100))), range(100).map((n) => 2 * n));
    assertEquals(pool.stats().tasks.active, 1);
    await iterator.return!();
    await until(() => pool.stats().tasks.active === 0, "the worker is free");
    assertEquals(gate.read("LEFT"), 1);
  });
};
