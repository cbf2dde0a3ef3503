import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { gated, values } from "../fixtures/views.ts";
import { sharedWords } from "../support/words.ts";
import { Gate } from "../support/gate.ts";
import { MUST_HAPPEN, until, within } from "../support/within.ts";
import { sized, type Suite } from "./backend.ts";
import { range } from "../support/range.ts";
import { lazily, Numbers } from "./imap_inputs.ts";

/** `imap` and `imapUnordered`: laziness, back-pressure, failures, options. */
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

  for (const order of ["imap", "imapUnordered"] as const) {
    const many = sized(backend, 200_000);
    check(`${order}() of ${many} items keeps bounded memory and gives each once`, async () => {
      await using pool = backend.make({ workers: 2 });
      let read = 0;
      let most = 0;
      let [seen, sum] = [0, 0];
      function* items() {
        for (let n = 0; n < many; n++) {
          read = n + 1;
          yield n;
        }
      }
      for await (const n of lazily(pool, order, items(), 5_000)) {
        seen++;
        sum += n;
        most = Math.max(most, read - seen);
      }
      assertEquals([seen, sum], [many, many * (many - 1)]);
      assert(most <= 5_000, `${most} were ahead`);
    }, { deadline: 60_000 });
  }

  check("awaiting imap() gives the array in order, whatever the buffer, for both kinds of input", async () => {
    await using pool = backend.make({ workers: 2 });
    assertEquals(await pool.imap(values.slowFirst, range(30), { buffer: 2 }), range(30));
    assertEquals(await pool.imapUnordered(values.slowFirst, range(30), { buffer: 2 }), range(30));
    assertEquals(await pool.imap(values.double, []), []);
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
    const words = (n: number): [number, Int32Array] => [n, sharedWords(16)];
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

  check("imapUnordered() refuses what it cannot do: bad options, and input order", async () => {
    await using pool = backend.make({ workers: 1 });
    const call = (options: unknown) => () => pool.imapUnordered(values.double, [1], options as Record<string, never>);
    assertThrows(call({ ordered: true }), RangeError, "`ordered` is true: it takes false: imap() gives");
    assertThrows(call(new (class Settings {})()), TypeError, "`options` is an object: it takes an object with options");
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
