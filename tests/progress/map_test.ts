import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { inline, Pool, type ProgressSink, type ProgressState } from "@isopool/isopool";
import { runScript } from "../support/script.ts";
import { MUST_HAPPEN, test, turn, until, within } from "../support/within.ts";

class Recorder implements ProgressSink {
  readonly updates: ProgressState[] = [];
  readonly ends: ProgressState[] = [];

  update(state: ProgressState): void {
    if (this.ends.length > 0) throw new Error("an update after the end");
    this.updates.push(state);
  }

  end(state: ProgressState): void {
    this.ends.push(state);
  }
}

const double = inline((n: number) => 2 * n);
const odd = inline((n: number) => {
  if (n % 2 === 1) throw new Error(`odd: ${n}`);
  return n;
});
const forever = inline((_: number) => new Promise<void>(() => {}));

for (const backend of ["worker", "async"] as const) {
  const name = (what: string) => `${backend}: ${what}`;

  test(name("a map of an asynchronous input that has ended reports the items that still run"), async () => {
    await using pool = new Pool({ workers: 2, backend });
    async function* items() {
      yield* [1, 2, 3];
    }
    const sinks = Array.from({ length: 2 }, () => new Recorder());
    await pool.map(double, items(), { progress: sinks[0] });
    await pool.imapUnordered(double, items(), { progress: sinks[1] });
    for (const { ends } of sinks) assertEquals(ends, [{ done: 3, failed: 0, total: undefined }]);
  });

  test(name("map, starmap and imap report each ended item, and the end once"), async () => {
    await using pool = new Pool({ workers: 2, backend });
    const add = inline((a: number, b: number) => a + b);
    const sinks = Array.from({ length: 4 }, () => new Recorder());
    assertEquals(await pool.map(double, [1, 2, 3], { progress: sinks[0] }), [2, 4, 6]);
    assertEquals(await pool.starmap(add, [[1, 2], [3, 4], [5, 6]], { progress: sinks[1] }), [3, 7, 11]);
    for await (const _ of pool.imap(double, new Set([1, 2, 3]), { progress: sinks[2] }));
    for await (const _ of pool.imapUnordered(double, new Set([1, 2, 3]), { progress: sinks[3] }));
    for (const { updates, ends } of sinks) {
      assertEquals(updates, [1, 2, 3].map((done) => ({ done, failed: 0, total: 3 })));
      assertEquals(ends, [{ done: 3, failed: 0, total: 3 }]);
    }
  });

  test(
    name("an input without a length has the total that the caller says, or none; an empty one ends too"),
    async () => {
      await using pool = new Pool({ workers: 1, backend });
      const [none, said, empty] = [new Recorder(), new Recorder(), new Recorder()];
      await pool.map(double, [1, 2].values(), { progress: none });
      await pool.map(double, [1, 2].values(), { progress: said, total: 7 });
      await pool.map(double, [], { progress: empty });
      assertEquals([none, said, empty].map(({ ends }) => ends), [
        [{ done: 2, failed: 0, total: undefined }],
        [{ done: 2, failed: 0, total: 7 }],
        [{ done: 0, failed: 0, total: 0 }],
      ]);
    },
  );

  test(name("a failed item is counted once, after any number of attempts"), async () => {
    await using pool = new Pool({ workers: 2, backend });
    const progress = new Recorder();
    await pool.map(odd, [0, 1, 2, 3], { progress, onError: "settle", retry: { maxAttempts: 3, minTimeout: 1 } });
    assertEquals(progress.updates.length, 4);
    assertEquals(progress.ends, [{ done: 4, failed: 2, total: 4 }]);
  });

  test(
    name("an `item` method gets the index of each ended item, and the error of a failed one, before its update"),
    async () => {
      await using pool = new Pool({ workers: 2, backend });
      const fails = inline((n: number) => {
        if (n % 2 === 1) throw new RangeError(`odd: ${n}`);
        return n;
      });
      const items = new Map<number, string>();
      let updates = 0, early = 0;
      await pool.map(fails, [0, 1, 2, 3, 4], {
        onError: "settle",
        retry: 1,
        progress: {
          item(item) {
            if (items.size !== updates) early++;
            items.set(item.index, item.status === "rejected" ? (item.reason as Error).message : item.status);
          },
          update: () => updates++,
          end() {},
        },
      });
      assertEquals([items.size, updates, early], [5, 5, 0]);
      assertEquals(Array.from({ length: 5 }, (_, index) => items.get(index)), [
        "fulfilled",
        "odd: 1",
        "fulfilled",
        "odd: 3",
        "fulfilled",
      ]);
    },
  );

  test(
    name("the end is the last call, and counts all items, also if `item` aborts the map of the last one"),
    async () => {
      await using pool = new Pool({ workers: 1, backend });
      for (const [task, ends] of [[double, "fulfilled"], [odd, "rejected"]] as const) {
        const controller = new AbortController();
        const calls: string[] = [];
        const results = pool.map(task, [1], {
          signal: controller.signal,
          onError: "settle",
          progress: {
            item({ status }) {
              calls.push(status);
              controller.abort();
            },
            update: ({ done }) => calls.push(`update ${done}`),
            end: ({ done, failed }) => calls.push(`end ${done} ${failed}`),
          },
        });
        await within(MUST_HAPPEN, results.then(() => {}, () => {}));
        await until(() => calls.some((each) => each.startsWith("end")), () => `the end (${calls})`);
        assertEquals(calls, [ends, `end 1 ${ends === "rejected" ? 1 : 0}`]);
      }
    },
  );

  test(
    name(
      "the end comes once after a failure, an abort, an abort before the start, a failed input, and when the reader leaves",
    ),
    async () => {
      const sinks = Array.from({ length: 5 }, () => new Recorder());
      {
        await using pool = new Pool({ workers: 2, backend, killGrace: 20 });
        await pool.map(odd, [0, 1, 2, 3], { progress: sinks[0] }).then(() => {}, () => {});
        const controller = new AbortController();
        const aborted = pool.map(forever, [1, 2, 3], { progress: sinks[1], signal: controller.signal });
        controller.abort(new Error("enough"));
        await aborted.then(() => {}, () => {});
        for await (const _ of pool.imap(double, [1, 2, 3, 4], { progress: sinks[2], buffer: 1 })) break;
        await pool.map(double, [1], { progress: sinks[3], signal: AbortSignal.abort() }).then(() => {}, () => {});
        const input = (function* () {
          yield 1;
          throw new Error("input");
        })();
        await pool.map(double, input, { progress: sinks[4] }).then(() => {}, () => {});
      }
      for (const [n, { ends }] of sinks.entries()) {
        await until(() => ends.length > 0, `the end of ${n}`);
        assertEquals(ends.length, 1, `the ends of ${n}`);
      }
    },
  );

  test(name("the end comes once when the pool is terminated"), async () => {
    const progress = new Recorder();
    const pool = new Pool({ workers: 1, backend });
    const results = pool.map(forever, [1, 2], { progress }).then(() => {}, () => {});
    await pool.terminate();
    await within(MUST_HAPPEN, results);
    await until(() => progress.ends.length > 0, "the end");
    assertEquals(progress.ends.length, 1);
  });
}

test("an error of a sink is reported, and the map goes on", async () => {
  const reported: unknown[] = [];
  const listen = (event: ErrorEvent) => (event.preventDefault(), reported.push(event.error));
  globalThis.addEventListener("error", listen);
  const boom = new Error("sink");
  const fail = () => {
    throw boom;
  };
  await using pool = new Pool(1);
  assertEquals(await pool.map(double, [1, 2], { progress: { update: fail, end: fail } }), [2, 4]);
  await until(() => reported.length === 3, "three reports");
  globalThis.removeEventListener("error", listen);
  for (const error of reported) assertStrictEquals(error, boom);
});

test("a bad progress or total is refused at the call, before the input is read", async () => {
  await using pool = new Pool(1);
  let read = 0;
  const input = (function* () {
    yield read++;
  })();
  // deno-lint-ignore no-explicit-any -- what a caller without types can pass
  const map = (options: any) => () => pool.map(double, input, options);
  assertThrows(map({ progress: "yes" }), TypeError, 'Cannot map: `progress` is "yes": it takes true or a ProgressSink');
  assertThrows(map({ progress: { update() {} } }), TypeError, "`progress` is an object");
  const sink = { update() {}, end() {}, item: 5 };
  assertThrows(map({ progress: sink }), TypeError, "`progress.item` is 5: it takes a function");
  assertThrows(map({ label: 5 }), TypeError, "Cannot map: `label` is 5: it takes text without line breaks");
  for (const label of ["a\nb", "a\rb", "\x1b[2J", "a\u202eb", "\u2028", "\ud800"]) {
    assertThrows(map({ label }), RangeError, "it takes text without line breaks and control characters");
  }
  assertThrows(map({ progress: true, total: -1 }), RangeError, "`total` is -1");
  assertEquals(read, 0);
});

test("a lazy map that is never read opens no progress", async () => {
  await using pool = new Pool(1);
  const progress = new Recorder();
  pool.imap(double, [1, 2], { progress });
  for (let n = 0; n < 20; n++) await turn();
  assertEquals([progress.updates, progress.ends, pool.workerIds], [[], [], []]);
  const { code, stderr } = await runScript(`
    import { inline, Pool } from "@isopool/isopool";
    const pool = new Pool(1);
    pool.imap(inline((n: number) => n), [1, 2], { progress: true });
    await new Promise((resolve) => setTimeout(resolve, 100));
    Deno.exit(0);
  `);
  assertEquals([code, stderr], [0, ""]);
});
