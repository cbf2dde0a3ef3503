import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { CancelledError, PoolClosedError } from "@isopool/isopool";
import { gated, values } from "../fixtures/views.ts";
import { Gate } from "../support/gate.ts";
import { MUST_HAPPEN, pause, until, within } from "../support/within.ts";
import { type AnyPool, DRAINS, type Suite } from "./backend.ts";

const range = (length: number) => Array.from({ length }, (_, i) => i);

/** An endless input that counts its items that were read, and notes whether it was closed. */
class Numbers {
  read = 0;
  closed = false;

  *sync(): Generator<number> {
    try {
      for (;;) yield this.read++;
    } finally {
      this.closed = true;
    }
  }

  async *async(): AsyncGenerator<number> {
    try {
      for (;;) {
        await undefined;
        yield this.read++;
      }
    } finally {
      this.closed = true;
    }
  }
}

/** `imap` and `imapUnordered`: laziness, back-pressure, ends. */
export const imapSuite: Suite = (backend, check) => {
  check("imap() reads no input before its results are read", async () => {
    await using pool = backend.make({ workers: 2 });
    const numbers = new Numbers();
    const results = pool.imap(values.double, numbers.sync());
    assertEquals(await pool.submit(values.double, 1), 2);
    assertEquals(numbers.read, 0);
    for await (const n of results) {
      assertEquals(n, 0);
      break;
    }
    assert(numbers.closed);
  });

  for (const kind of ["sync", "async"] as const) {
    for (const buffer of [1, 3, 40]) {
      check(`imap() of a ${kind} input is exactly ${buffer} ahead of its reader`, async () => {
        await using pool = backend.make({ workers: 2 });
        const numbers = new Numbers();
        let taken = 0;
        for await (const n of pool.imap(values.double, numbers[kind](), { buffer })) {
          assertEquals(n, 2 * taken++);
          // A small read-ahead of an asynchronous input does not raise the bound.
          await until(() => numbers.read >= taken + buffer, () => `${taken + buffer} are read (${numbers.read} are)`);
          await pool.submit(values.double, 1);
          assertEquals(numbers.read, taken + buffer);
          if (taken === 5) break;
        }
        await until(() => numbers.closed, "the input is closed");
        assertEquals(numbers.read, taken + buffer);
      });
    }
  }

  const lazily = (pool: AnyPool, order: "imap" | "imapUnordered", items: Iterable<number>, buffer: number) =>
    order === "imap"
      ? pool.imap(values.double, items, { buffer })
      : pool.imapUnordered(values.double, items, { buffer });

  for (const order of ["imap", "imapUnordered"] as const) {
    check(`${order}() of 200,000 items keeps bounded memory and gives each once`, async () => {
      await using pool = backend.make({ workers: 2 });
      let read = 0;
      let most = 0;
      let [seen, sum] = [0, 0];
      function* items() {
        for (let n = 0; n < 200_000; n++) {
          read = n + 1;
          yield n;
        }
      }
      for await (const n of lazily(pool, order, items(), 5_000)) {
        seen++;
        sum += n;
        most = Math.max(most, read - seen);
      }
      assertEquals([seen, sum], [200_000, 200_000 * 199_999]);
      assert(most <= 5_000, `${most} were ahead`);
    }, { deadline: 60_000 });
  }

  check("awaiting imap() gives the array in order, whatever the buffer, for both kinds of input", async () => {
    await using pool = backend.make({ workers: 2 });
    assertEquals(await pool.imap(values.slowFirst, range(30), { buffer: 2 }), range(30));
    assertEquals(await pool.imapUnordered(values.slowFirst, range(30), { buffer: 2 }), range(30));
    assertEquals(await pool.imap(values.double, []), []);
  });

  check("leaving an imap() loop cancels waiting items and closes the input", async () => {
    await using pool = backend.make({ workers: 1 });
    const numbers = new Numbers();
    for await (const n of pool.imap(values.double, numbers.async(), { buffer: 8 })) if (n === 20) break;
    await until(() => numbers.closed, "the input is closed");
    const { read } = numbers;
    assertEquals(await pool.submit(values.double, 4), 8);
    assertEquals(numbers.read, read);
    await until(() => pool.stats().tasks.waiting + pool.stats().tasks.active === 0, "nothing is left");
  });

  check("imap() throws the first failure in place of its item, after the results before it", async () => {
    await using pool = backend.make({ workers: 2 });
    const seen: number[] = [];
    await assertRejects(
      async () => {
        for await (const n of pool.imap(values.failOdd, [0, 2, 4, 5, 6, 8])) seen.push(n);
      },
      RangeError,
      "odd: 5",
    );
    assertEquals(seen, [0, 2, 4]);
  });

  check("imap() with onError settles or aggregates", async () => {
    await using pool = backend.make({ workers: 2 });
    const ends: string[] = [];
    for await (const end of pool.imap(values.failOdd, range(6), { onError: "settle", buffer: 2 })) {
      ends.push(end.status);
    }
    assertEquals(ends, range(6).map((n) => n % 2 ? "rejected" : "fulfilled"));
    const seen: number[] = [];
    const error = await assertRejects(async () => {
      for await (const n of pool.imap(values.failOdd, range(6), { onError: "aggregate", buffer: 2 })) seen.push(n);
    }, AggregateError);
    assertEquals((error as AggregateError).errors.map((each: Error) => each.message), ["odd: 1", "odd: 3", "odd: 5"]);
    assertEquals(seen, [0, 2, 4]);
  });

  check("imap() tries failed items again, within its buffer", async () => {
    await using pool = backend.make({ workers: 2 });
    const words = (n: number): [number, Int32Array] => [n, new Int32Array(new SharedArrayBuffer(64))];
    const lists = [1, 3, 2, 1, 2].map(words);
    const items = lists.map(([n, log]) => ({ n, log }));
    assertEquals(await pool.imap(values.succeedFor, items, { buffer: 1, retry: 2 }), [1, 3, 2, 1, 2]);
    const seen: number[] = [];
    for await (const n of pool.imapUnordered(values.succeedFor, items, { buffer: 2, retry: 2 })) seen.push(n);
    assertEquals(seen.toSorted(), [1, 1, 2, 2, 3]);
    assertEquals(lists.map(([n, log]) => [log[0], n]), lists.map(([n]) => [2 * n, n]));
  });

  check("imapUnordered() gives what is done while an earlier item still runs", async () => {
    await using pool = backend.make({ workers: 2 });
    await using gate = new Gate();
    const items = [gate.words, ...new Array(9).fill(null)];
    const held: boolean[] = [];
    for await (const result of pool.imapUnordered(gated.holdOr, items, { buffer: 4, chunkSize: 1 })) {
      if (held.push(result) === 9) gate.open();
    }
    assertEquals(held, [...new Array(9).fill(false), true]);
  });

  check("an unread imap() is dropped when the pool's block ends; reading it then is refused", async () => {
    const numbers = new Numbers();
    let results;
    {
      await using pool = backend.make({ workers: 1 });
      results = pool.imap(values.double, numbers.sync());
    }
    const error = await within(MUST_HAPPEN, assertRejects(async () => await results));
    assert(error instanceof PoolClosedError, String(error));
    assertEquals(numbers.read, 0);
  });

  for (const [name, drain] of DRAINS) {
    for (const order of ["imap", "imapUnordered"] as const) {
      check(
        `a half-read ${order}() is cancelled by ${name}: the results so far are given, then CancelledError`,
        async () => {
          const numbers = new Numbers();
          const pool = backend.make({ workers: 1 });
          const iterator = lazily(pool, order, numbers.sync(), 4)[Symbol.asyncIterator]();
          assertEquals((await iterator.next()).value, 0);
          await until(() => numbers.read === 5, "the buffer is full");
          await within(MUST_HAPPEN, drain(pool));
          assert(numbers.closed);
          const rest: number[] = [];
          const error = await within(
            MUST_HAPPEN,
            assertRejects(async () => {
              for (let next; !(next = await iterator.next()).done;) rest.push(next.value);
            }),
          );
          assert(error instanceof CancelledError, String(error));
          assertEquals(rest, [2, 4, 6, 8]);
        },
      );
    }

    check(`an imap() in a loop that waits for nothing else is read to its end during ${name}`, async () => {
      const pool = backend.make({ workers: 2 });
      const read: number[] = [];
      const reading = (async () => {
        for await (const n of pool.imap(values.double, range(500), { buffer: 3 })) read.push(n);
      })();
      await until(() => read.length > 3, "it is being read");
      await within(MUST_HAPPEN, Promise.all([drain(pool), reading]));
      assertEquals(read, range(500).map((n) => 2 * n));
    });
  }

  check("an awaited imap() is done when the pool's block ends", async () => {
    let done: Promise<number[]>;
    {
      await using pool = backend.make({ workers: 2 });
      done = pool.imap(values.double, range(500), { buffer: 3 }).then((all) => all);
    }
    assertEquals(await done, range(500).map((n) => 2 * n));
  });

  check("imapUnordered() refuses what it cannot do: bad options, and input order", async () => {
    await using pool = backend.make({ workers: 1 });
    const call = (options: unknown) => () => pool.imapUnordered(values.double, [1], options as Record<string, never>);
    assertThrows(call({ ordered: true }), RangeError, "`ordered` is true: it takes false: imap() gives");
    assertThrows(call({ ordered: "no" }), TypeError, "`ordered`");
    assertThrows(call({ chunksize: 3 }), TypeError, "unknown option `chunksize`");
    assertThrows(call(3), TypeError, "`options` is 3");
    assertThrows(call(null), TypeError, "`options` is null");
    assertEquals(await pool.imapUnordered(values.double, [1], { ordered: false } as never), [2]);
  });

  check("two imaps on one pool do not mix, and a stalled reader of one does not delay the other", async () => {
    await using pool = backend.make({ workers: 1 });
    const stalled = pool.imap(values.double, new Numbers().sync(), { buffer: 2 })[Symbol.asyncIterator]();
    await stalled.next();
    assertEquals(await within(MUST_HAPPEN, pool.imap(values.double, range(200))), range(200).map((n) => 2 * n));
    assertEquals((await stalled.next()).value, 2);
    await stalled.return!();
  });

  check("a signal ends an imap() whose reader is slow, and one that has not started", async () => {
    await using pool = backend.make({ workers: 1 });
    const controller = new AbortController();
    const numbers = new Numbers();
    const { signal } = controller;
    const reason = new URIError("enough");
    const unread = pool.imap(values.double, new Numbers().sync(), { signal });
    const error = await assertRejects(async () => {
      for await (const n of pool.imap(values.double, numbers.async(), { signal, buffer: 2 })) {
        if (n === 10) controller.abort(reason);
      }
    });
    assertEquals(error, reason);
    assertEquals(await assertRejects(async () => await unread), reason);
    await until(() => numbers.closed, "the input is closed");
  });

  check("an input that throws ends the imap() with its error, after what came before", async () => {
    await using pool = backend.make({ workers: 1 });
    const seen: number[] = [];
    function* broken() {
      yield 1;
      yield 2;
      throw new URIError("input");
    }
    await assertRejects(async () => {
      for await (const n of pool.imap(values.double, broken(), { buffer: 1 })) {
        seen.push(n);
        await pause(0);
      }
    }, URIError);
    assertEquals(seen, [2, 4]);
  });

  check("an ordered imap() reads at most its buffer past a slow item", async () => {
    await using pool = backend.make({ workers: 2 });
    await using gate = new Gate();
    const numbers = new Numbers();
    function* items() {
      yield gate.words;
      for (const _ of numbers.sync()) yield opened.words;
    }
    await using opened = new Gate();
    opened.open();
    const iterator = pool.imap(gated.hold, items(), { buffer: 6, chunkSize: 1 })[Symbol.asyncIterator]();
    const first = iterator.next();
    await until(() => opened.count === 5, "the others of the buffer have run");
    assertEquals(numbers.read, 5);
    gate.open();
    assertEquals((await first).done, false);
    await iterator.return!();
  });

  check("imap() refuses bad options at the call", async () => {
    await using pool = backend.make({ workers: 1 });
    // deno-lint-ignore no-explicit-any -- what a caller without types may pass
    const imap = (options: any) => () => pool.imap(values.double, [], options);
    for (const buffer of [0, -1, 1.5, NaN]) assertThrows(imap({ buffer }), RangeError, "`buffer`");
    assertThrows(imap({ buffer: "big" }), TypeError, "`buffer`");
    // deno-lint-ignore no-explicit-any -- an option of imap only
    assertThrows(() => pool.map(values.double, [], { buffer: 3 } as any), TypeError, "unknown option `buffer`");
  });
};
