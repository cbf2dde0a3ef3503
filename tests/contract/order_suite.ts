import { assert, assertEquals, assertThrows } from "@std/assert";
import { gated, values } from "../fixtures/views.ts";
import { Gate } from "../support/gate.ts";
import { range } from "../support/range.ts";
import { MUST_HAPPEN, until, within } from "../support/within.ts";
import { sized, type Suite } from "./backend.ts";
import { sharedWords } from "../support/words.ts";

const logOf = (length: number) => sharedWords(length + 1);
const entries = (log: Int32Array) => [...log.subarray(1, 1 + log[0])];

/** The order of calls: priority and fairness. */
export const orderSuite: Suite = (backend, check) => {
  check("priority: a higher priority starts first; equal ones start in the order of submission", async () => {
    await using pool = backend.make({ workers: 1 });
    await using gate = new Gate();
    const running = pool.submit(gated.hold, gate.words);
    await gate.entered();
    const log = logOf(8);
    for (const [priority, value] of [[0, 5], [-1, 7], [2, 1], [0, 6], [1, 3], [2, 2], [1, 4], [-1.5, 8]]) {
      void pool.submit(values.note.with({ priority }), log, value);
    }
    gate.open();
    await running;
    await until(() => log[0] === 8, "all have run");
    assertEquals(entries(log), [1, 2, 3, 4, 5, 6, 7, 8]);
  });

  check("priority: holds between maps: items of a lower one wait for those of a higher one", async () => {
    await using pool = backend.make({ workers: 1 });
    await using gate = new Gate();
    const running = pool.submit(gated.hold, gate.words);
    await gate.entered();
    const log = logOf(30);
    const lists = (value: number): [Int32Array, number][] => range(10).map(() => [log, value]);
    const maps = [0, 5, -5].map((priority) =>
      pool.starmap(values.note.with({ priority }), lists(priority)).then((all) => all.length)
    );
    gate.open();
    await running;
    assertEquals(await within(MUST_HAPPEN, Promise.all(maps)), [10, 10, 10]);
    assertEquals(entries(log), [...range(10).map(() => 5), ...range(10).map(() => 0), ...range(10).map(() => -5)]);
  });

  check("priority: a retry keeps the priority of its call", async () => {
    await using pool = backend.make({ workers: 1 });
    await using gate = new Gate();
    const running = pool.submit(gated.hold, gate.words);
    await gate.entered();
    const [first, log] = [logOf(16), logOf(16)];
    const urgent = pool.submit(values.succeedAt.with({ retry: 3, priority: 9 }), 4, first).then(() => log[0]);
    const slow = range(10).map((n) => pool.submit(values.note, log, n));
    gate.open();
    await running;
    const before = await urgent;
    await Promise.all(slow);
    // Short calls are sent some milliseconds ahead, so a few of them may run before the retry.
    assert(before < 10 && first[0] === 4, `${before} others ran before the last attempt`);
  });

  check(`priority: ${sized(backend, 2_000)} different values are kept in order`, async () => {
    await using pool = backend.make({ workers: 1, priorityAging: Infinity });
    await using gate = new Gate();
    const running = pool.submit(gated.hold, gate.words);
    await gate.entered();
    const count = sized(backend, 2_000);
    const log = logOf(count);
    // 787 is prime, so each number comes once.
    const order = range(count).map((n) => (n * 787) % count);
    const all = order.map((n) => pool.submit(values.note.with({ priority: -n }), log, n));
    gate.open();
    await running;
    await within(MUST_HAPPEN, Promise.all(all));
    assertEquals(entries(log), range(count));
  });

  check(
    "priorityAging: 20: a low priority runs although there are always calls of a higher one (bound: 10 s)",
    async () => {
      await using pool = backend.make({ workers: 1, priorityAging: 20 });
      await using gate = new Gate();
      const running = pool.submit(gated.hold, gate.words);
      await gate.entered();
      let isLowDone = false;
      const low = pool.submit(values.double.with({ priority: -1 }), 1).then(() => isLowDone = true);
      const urgent = async (n: number) => {
        while (!isLowDone) assertEquals(await pool.submit(values.double.with({ priority: 5 }), n), 2 * n);
      };
      const all = range(20).map(urgent);
      gate.open();
      await running;
      await within(MUST_HAPPEN, low);
      await within(MUST_HAPPEN, Promise.all(all));
    },
  );

  check("priorityAging: Infinity: a low priority waits as long as there are calls of a higher one", async () => {
    await using pool = backend.make({ workers: 1, priorityAging: Infinity });
    await using gate = new Gate();
    const running = pool.submit(gated.hold, gate.words);
    await gate.entered();
    let urgentDone = 0;
    const low = pool.submit(values.double.with({ priority: -1 }), 1).then(() => urgentDone);
    // Each takes longer than any ageing but this one would let a call wait.
    const urgent = range(10).map(() => pool.submit(values.slowFirst.with({ priority: 5 }), 0).then(() => urgentDone++));
    gate.open();
    await running;
    assertEquals(await within(MUST_HAPPEN, low), 10);
    await Promise.all(urgent);
  });

  check("priority: a value that is no finite number is refused", () => {
    for (const priority of [NaN, Infinity, -Infinity]) {
      assertThrows(() => values.double.with({ priority }), RangeError, "`priority`");
    }
    // deno-lint-ignore no-explicit-any -- what a caller without types may pass
    assertThrows(() => values.double.with({ priority: "high" as any }), TypeError, "`priority`");
    return Promise.resolve();
  });

  const many = sized(backend, 100_000);
  check(`fairness: a submit does not wait for the map of ${many} items before it`, async () => {
    await using pool = backend.make({ workers: 2 });
    let read = 0;
    let readAtEnd: Promise<number> | undefined;
    function* items() {
      for (; read < many; read++) {
        // Submits while the map is running, on any backend.
        if (read === Math.min(1_000, many / 4)) readAtEnd = pool.submit(values.add, 1, 2).then(() => read);
        yield read;
      }
    }
    const map = pool.map(values.double, items()).then((all) => all.length);
    await until(() => readAtEnd !== undefined, "the map is under way");
    const readBefore = await readAtEnd!;
    assert(readBefore < many, `${readBefore} items were read before it had run`);
    assertEquals(await map, many);
  }, { deadline: 60_000 });

  check("fairness: two maps of one task share the workers", async () => {
    await using pool = backend.make({ workers: 1 });
    const ends: string[] = [];
    let short: Promise<unknown> | undefined;
    function* items() {
      for (let n = 0; n < sized(backend, 60_000); n++) {
        if (n === Math.min(1_000, sized(backend, 25_000))) {
          short = pool.map(values.double, range(sized(backend, 2_000))).then(() => ends.push("short"));
        }
        yield n;
      }
    }
    const long = pool.map(values.double, items()).then(() => ends.push("long"));
    await until(() => short !== undefined, "the long one is under way");
    await within(MUST_HAPPEN * 2, Promise.all([long, short]));
    assertEquals(ends, ["short", "long"]);
  }, { deadline: 60_000 });
};
