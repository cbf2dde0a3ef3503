import { assert, assertEquals } from "@std/assert";
import { move } from "@isopool/isopool";
import { gated, streams, values } from "../fixtures/views.ts";
import { Gate } from "../support/gate.ts";
import { range } from "../support/range.ts";
import { reported } from "../support/reported.ts";
import { MUST_HAPPEN, within } from "../support/within.ts";
import type { Suite } from "./backend.ts";

/** What a call sends before its result (`emit`, `progress`), and values that are moved (`move`). */
export const contextSuite: Suite = (backend, check) => {
  check("emit(): values come in order and before the future settles", async () => {
    await using pool = backend.make({ workers: 2 });
    const seen: unknown[] = [];
    const task = streams.emitMany.with({ onEmit: (value) => seen.push(value) });
    const count = await pool.submit(task, 1_000).then((n) => [n, seen.length]);
    assertEquals(count, [1_000, 1_000]);
    assertEquals(seen, range(1_000));
  });

  check("emit(): in a map, each item's values come before its result", async () => {
    await using pool = backend.make({ workers: 1 });
    let seen = 0;
    const task = streams.emitMany.with({ onEmit: () => seen++ });
    let due = 0;
    for await (const n of pool.map(task, [3, 0, 5, 1], { chunkSize: 1 })) {
      due += n;
      assert(seen >= due, `${seen} of ${due} at ${n}`);
    }
    assertEquals(seen, 9);
  });

  check("emit(): the values of each attempt arrive; without a listener they are dropped", async () => {
    await using pool = backend.make({ workers: 1 });
    const seen: unknown[] = [];
    const task = streams.emitAndFail.with({ retry: 2, onEmit: (value) => seen.push(value) });
    assertEquals([await pool.submit(task, 3), seen], [3, [1, 2, 3]]);
    assertEquals(await pool.submit(streams.emitMany, 10), 10);
  });

  check("emit(): a value that cannot be copied is a TransferError in the task", async () => {
    await using pool = backend.make({ workers: 1 });
    const said = await pool.submit(streams.emitBad);
    assertEquals(said, backend.capabilities.isolated ? "TransferError" : "accepted");
  });

  check("emit(): a throwing listener is reported, and the call goes on", async () => {
    const seen: unknown[] = [];
    const errors = await reported(async () => {
      await using pool = backend.make({ workers: 1 });
      const task = streams.emitMany.with({
        onEmit: (value) => {
          seen.push(value);
          if (value === 1) throw new URIError("listener");
        },
      });
      assertEquals(await pool.submit(task, 4), 4);
    });
    assertEquals([seen, errors.map((error) => (error as Error).message)], [[0, 1, 2, 3], ["listener"]]);
  });

  check("progress(): reports rise, fast ones are merged, and the last one arrives before the result", async () => {
    await using pool = backend.make({ workers: 1 });
    const reports: [number, number | undefined][] = [];
    const task = streams.progressMany.with({ onProgress: (done, total) => reports.push([done, total]) });
    const last = await pool.submit(task, 20_000).then(() => reports.at(-1));
    assertEquals(last, [20_000, 20_000]);
    assert(reports.length < 2_000, `${reports.length} reports`);
    assertEquals(reports, reports.toSorted(([a], [b]) => a - b));
  });

  check("progress(): a negative number, or no number, is refused", async () => {
    await using pool = backend.make({ workers: 1 });
    const say = (...args: unknown[]) => pool.submit(streams.progressBad, ...args as [unknown]);
    for (const bad of [-1, NaN]) {
      assert((await say(bad)).startsWith("RangeError: Cannot report progress: `done`"));
      assert((await say(1, bad)).startsWith("RangeError: Cannot report progress: `total`"));
    }
    for (const bad of ["5", null, undefined]) assert((await say(bad)).startsWith("TypeError"));
    for (const good of [[0], [5, 3], [1, 2]]) assertEquals(await say(...good), "accepted");
  });

  check("move(): a moved argument is detached here, and a moved result arrives", async () => {
    await using pool = backend.make({ workers: 1 });
    const bytes = new Uint8Array(1000).fill(7);
    const back = await pool.submit(streams.moveBack, move(bytes));
    assertEquals([back.length, back[999]], [1000, 7]);
    assertEquals(bytes.length, backend.capabilities.isolated ? 0 : 1000);
  });

  check("move(): items of a map are moved", async () => {
    await using pool = backend.make({ workers: 2 });
    const items = range(20).map((n) => new Uint8Array(100 + n));
    const sizes = await pool.map(streams.moveBack, items.map((each) => move(each)));
    assertEquals(sizes.map(({ length }) => length), range(20).map((n) => 100 + n));
    assertEquals(items[3].length, backend.capabilities.isolated ? 0 : 103);
  });

  check("move(): another attempt gets the value, too", async () => {
    await using pool = backend.make({ workers: 1 });
    const task = streams.lengthAt.with({ retry: 2 });
    assertEquals(await pool.submit(task, 3, move(new Uint8Array(77))), 77);
    const lists = [1, 2, 3].map((n): [number, Uint8Array] => [n, move(new Uint8Array(n * 10))]);
    assertEquals(await pool.starmap(streams.lengthAt, lists, { retry: 2 }), [10, 20, 30]);
  });

  check("move(): a submit that a full queue refuses detaches nothing", async () => {
    await using pool = backend.make({ workers: 1, maxQueue: 0 });
    await using gate = new Gate();
    const running = pool.submit(gated.hold, gate.words);
    await gate.entered();
    const bytes = move(new Uint8Array(1000));
    for (let n = 0; n < 3; n++) {
      const error = await Promise.try(() => pool.submit(streams.moveBack, bytes)).catch((error: unknown) => error);
      assertEquals((error as Error).name, "QueueFullError");
    }
    assertEquals(bytes.length, 1000);
    gate.open();
    await running;
    assertEquals((await within(MUST_HAPPEN, pool.submit(streams.moveBack, bytes))).length, 1000);
    if (backend.capabilities.isolated) assertEquals(bytes.length, 0);
    assertEquals(await pool.submit(values.double, 1), 2);
  });
};
