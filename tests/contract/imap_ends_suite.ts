import { assert, assertEquals, assertRejects } from "@std/assert";
import { CancelledError, PoolClosedError } from "@isopool/isopool";
import { values } from "../fixtures/views.ts";
import { MUST_HAPPEN, pause, until, within } from "../support/within.ts";
import { DRAINS, type Suite } from "./backend.ts";
import { range } from "../support/range.ts";
import { lazily, Numbers } from "./imap_inputs.ts";

/** `imap` and `imapUnordered` that end early: by their reader, their input, a signal, or the end of the pool. */
export const imapEndsSuite: Suite = (backend, check) => {
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
};
