/**
 * CPython, `_test_multiprocessing.py`: `_TestPool`, `_TestPoolWorkerErrors`, `TestPoolNotLeakOnFailure`, `test_large_pool`.
 */
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { activeWorkers, BrokenPoolError, CancelledError, type Results } from "@isopool/isopool";
import { Gate } from "../../support/gate.ts";
import { leavesNothing } from "../../support/leaks.ts";
import { runScript } from "../../support/script.ts";
import { MUST_HAPPEN, test, until, within } from "../../support/within.ts";
import { type AnyPool, EVERY, ISOLATED, on, poolTasks, range } from "../kit.ts";

/** Yields the numbers from 0 up to `total`, but throws in place of number `when`. */
function* breaking(total: number, when: number, error: Error): Generator<number> {
  if (when < 0) throw error;
  for (let n = 0; n < total; n++) {
    if (n === when) throw error;
    yield n;
  }
}

/** An input with a length whose iterator throws at once. */
class Special implements Iterable<number> {
  readonly length = 1;

  constructor(readonly error: Error) {}

  [Symbol.iterator](): Iterator<number> {
    return {
      next: () => {
        throw this.error;
      },
    };
  }
}

type Lazy = (pool: AnyPool, items: Iterable<number>, chunkSize: number) => Results<number>;

const LAZY: Record<string, Lazy> = {
  imap: (pool, items, chunkSize) => pool.imap(poolTasks.square, items, { chunkSize }),
  imapUnordered: (pool, items, chunkSize) => pool.imapUnordered(poolTasks.square, items, { chunkSize }),
};

on(EVERY, (backend, check) => {
  check(
    "test_map_handle_iterable_exception: at the first item, at the fourth, by a special iterable, each time twice",
    async () => {
      await using pool = backend.make({ workers: 2 });
      const error = new URIError("somebody said when");
      const inputs = [
        () => breaking(1, -1, error),
        () => breaking(10, 3, error),
        () => new Special(error),
      ];
      for (const input of inputs) {
        for (let turn = 0; turn < 2; turn++) {
          const arrived = await within(
            MUST_HAPPEN,
            assertRejects(async () => await pool.map(poolTasks.square, input(), { chunkSize: 1 })),
          );
          // CPython asserts that it is no remote error: it is the very one that the input threw.
          assertStrictEquals(arrived, error);
        }
      }
      assertEquals(await pool.map(poolTasks.square, [2, 3]), [4, 9]);
    },
  );

  for (const [name, lazily] of Object.entries(LAZY)) {
    check(`test_imap, test_imap_unordered: ${name}() of 10, and of 1,000 in chunks of 100`, async () => {
      await using pool = backend.make({ workers: 2 });
      for (const [count, chunkSize] of [[10, 1], [1_000, 100]]) {
        const iterator = lazily(pool, range(count), chunkSize)[Symbol.asyncIterator]();
        const seen: number[] = [];
        for (let n = 0; n < count; n++) seen.push((await iterator.next()).value);
        assertEquals(await iterator.next(), { done: true, value: undefined });
        const order = name === "imap" ? seen : seen.toSorted((a, b) => a - b);
        assertEquals(order, range(count).map((n) => n * n));
      }
    });

    check(`test_${name}_handle_iterable_exception: an input that throws at its very first item, twice`, async () => {
      await using pool = backend.make({ workers: 2 });
      const error = new URIError("somebody said when");
      for (let turn = 0; turn < 2; turn++) {
        const iterator = lazily(pool, breaking(1, -1, error), 1)[Symbol.asyncIterator]();
        assertStrictEquals(await within(MUST_HAPPEN, assertRejects(() => iterator.next())), error);
      }
      assertEquals(await pool.submit(poolTasks.square, 3), 9);
    });
  }

  check("test_empty_iterable: an empty input gives an empty result, by each method", async () => {
    await using pool = backend.make({ workers: 1 });
    assertEquals(await pool.map(poolTasks.square, []), []);
    assertEquals(await pool.imap(poolTasks.square, []), []);
    assertEquals(await pool.imapUnordered(poolTasks.square, []), []);
    assertEquals(await pool.starmap(poolTasks.add, []), []);
  });

  check("test_map_chunksize: an empty list with a chunk size does not stall", async () => {
    await using pool = backend.make({ workers: 1 });
    assertEquals(await within(MUST_HAPPEN, pool.map(poolTasks.square, [], { chunkSize: 1 })), []);
  });

  check("test_terminate: a map of 10,000 endless items ends, and no more of them start", async () => {
    await using gate = new Gate();
    const pool = backend.make({ workers: 3, killGrace: 50 });
    const results = pool.map(poolTasks.holdPolitely, range(10_000).map(() => gate.words), { chunkSize: 1 });
    const rejected = assertRejects(async () => await results, CancelledError);
    await gate.entered(3);
    await within(MUST_HAPPEN, pool.terminate());
    await within(MUST_HAPPEN, rejected);
    await within(MUST_HAPPEN, pool.join());
    assertEquals([gate.count, pool.workerIds], [3, []]);
  });

  check("test_map_no_failfast: failures with large errors do not hold up join()", async () => {
    const pool = backend.make({ workers: 2 });
    const error = await assertRejects(
      async () => await pool.map(poolTasks.raiseLarge, [1_100_000, 1_100_000], { chunkSize: 1 }),
      URIError,
    );
    assertEquals((error as Error).message.length, 1_100_000);
    pool.close();
    await within(MUST_HAPPEN, pool.join());
  });

  check("test_async_error_callback: the error that the future has", async () => {
    await using pool = backend.make({ workers: 2 });
    const received: unknown[] = [];
    const future = pool.applyAsync(poolTasks.divide, [1, 0], { errorCallback: (error) => received.push(error) });
    assertEquals([await assertRejects(() => future.result(), RangeError)], received);
  });

  check("test_map_async_callbacks: one of the two handlers of a map is called, once", async () => {
    await using pool = backend.make({ workers: 1 });
    const received: unknown[] = [];
    const receive = (value: unknown) => received.push(value);
    await pool.map(poolTasks.square, [1]).then(receive, receive);
    assertEquals(received, [[1]]);
    await pool.map(poolTasks.raise, ["a"]).then(receive, receive);
    assertEquals(received, [[1], "a"]);
  });

  check("test_release_unused_processes: workers that did start end when the others cannot", async () => {
    const before = activeWorkers();
    const words = new Int32Array(new SharedArrayBuffer(64));
    const pool = backend.make({ workers: 5, initializer: poolTasks.beginUntil, initArgs: [words, 3] });
    await within(
      MUST_HAPPEN,
      assertRejects(
        async () => {
          await pool.ready();
          // Three good ones are enough for ready() where the others are still tried: then a broadcast needs all five.
          await pool.broadcast(poolTasks.square, 1);
        },
        BrokenPoolError,
      ),
    );
    pool.close();
    await within(MUST_HAPPEN, pool.join());
    await until(() => activeWorkers() === before, () => `the workers are gone (${activeWorkers() - before} are not)`);
  });

  check("test_pool_initializer, test_initializer: each worker has what the initializer left", async () => {
    await using pool = backend.make({ workers: 2, initializer: poolTasks.leaveMark, initArgs: ["initialized"] });
    assertEquals(await pool.broadcast(poolTasks.mark), ["initialized", "initialized"]);
  });
});

on(ISOLATED, (backend, check) => {
  check("test_map_unplicklable: ten items that cannot be copied fail the map, without a hang", async () => {
    await using pool = backend.make({ workers: 2 });
    const items = range(10).map(() => () => 1);
    await within(MUST_HAPPEN, assertRejects(async () => await pool.map(poolTasks.echo, items)));
    assertEquals(await pool.submit(poolTasks.square, 3), 9);
  });
});

// CPython starts 200 processes. A thread of this runtime takes 50 ms of a core and more to start: 40 are enough here.
for (const [backend, workers] of [["worker", 40], ["async", 200]]) {
  test(`${backend}: test_large_pool: ${workers} workers square 1,000 numbers, and end`, async () => {
    const { code, stdout, stderr, late } = await runScript(
      `
      import { inline, Pool } from "@isopool/isopool";
      await using pool = new Pool({ backend: "${backend}", workers: ${workers} });
      const numbers = Array.from({ length: 1_000 }, (_, n) => n);
      const squares = await pool.map(inline((n: number) => n * n), numbers, { chunkSize: 1 });
      console.log(squares.reduce((a, b) => a + b));
      await pool.ready();
      console.log(pool.workerIds.length);`,
      { deadline: 160_000 },
    );
    const expected = { code: 0, stdout: `332833500\n${workers}\n`, stderr: "", late: false };
    assertEquals({ code, stdout, stderr, late }, expected);
  }, { deadline: 180_000 });
}

test(
  "test_worker_finalization_via_atexit_handler: a global pool that was used and forgotten lets the script end",
  async () => {
    const { code, stdout, stderr, late } = await runScript(
      `
    import { inline, Pool } from "@isopool/isopool";
    class Owner {
      pool = new Pool(1);
    }
    const problem = new Owner();
    console.log(await problem.pool.map(inline((text: string) => Number(text)), ["1", "2", "3"]));`,
      { deadline: 60_000 },
    );
    assertEquals({ code, stdout, stderr, late }, { code: 0, stdout: "[ 1, 2, 3 ]\n", stderr: "", late: false });
  },
  { deadline: 70_000 },
);

for (const backend of EVERY) {
  for (const [total, when, chunkSize] of [[10, 3, 1], [20, 7, 2], [20, 7, 4]]) {
    for (const [name, lazily] of Object.entries(LAZY)) {
      test(
        `${backend.name}: test_${name}_handle_iterable_exception: ${when} results, then the error (chunkSize ${chunkSize})`,
        async () => {
          await using pool = backend.make({ workers: 2 });
          const error = new URIError("somebody said when");
          const seen: number[] = [];
          const arrived = await within(
            MUST_HAPPEN,
            assertRejects(async () => {
              for await (const n of lazily(pool, breaking(total, when, error), chunkSize)) seen.push(n);
            }),
          );
          assertStrictEquals(arrived, error);
          // CPython promises whole chunks only: of 7 items in chunks of 2, those of 3 chunks. Here it is each that was read.
          assertEquals(seen.toSorted((a, b) => a - b), range(when).map((n) => n * n));
          assert(name !== "imap" || seen.every((n, i) => n === i * i), `${seen}`);
        },
      );
    }
  }
}

leavesNothing();
