import { assert, assertEquals, assertThrows } from "@std/assert";
import { PoolClosedError } from "@isopool/isopool";
import { gated, values } from "../fixtures/views.ts";
import { Gate } from "../support/gate.ts";
import { range } from "../support/range.ts";
import { MUST_HAPPEN, turn, until, within } from "../support/within.ts";
import type { Suite } from "./backend.ts";

const ending = (promise: Promise<unknown>) => within(MUST_HAPPEN, promise.then(() => "no error", (error) => error));

/** `transform`. */
export const transformSuite: Suite = (backend, check) => {
  check("transform() gives the results in the order of what is written, through pipes", async () => {
    await using pool = backend.make({ workers: 2 });
    const results = ReadableStream.from(range(200)).pipeThrough(pool.transform(values.slowFirst))
      .pipeThrough(pool.transform(values.double));
    assertEquals(await within(MUST_HAPPEN, Array.fromAsync(results)), range(200).map((n) => 2 * n));
    const none = ReadableStream.from<number>([]).pipeThrough(pool.transform(values.double));
    assertEquals(await within(MUST_HAPPEN, Array.fromAsync(none)), []);
  });

  check("transform() reads nothing before its reader, then at most `buffer` ahead of it", async () => {
    await using pool = backend.make({ workers: 2 });
    let written = 0;
    const source = new ReadableStream<number>({
      pull: (controller) => controller.enqueue(written++),
    }, { highWaterMark: 0 });
    const reader = source.pipeThrough(pool.transform(values.double, { buffer: 3 })).getReader();
    for (let i = 0; i < 50; i++) await turn();
    // One is in the queue of the writable side.
    assert(written <= 1, `${written} written before the first read`);
    for (const taken of range(5)) {
      assertEquals((await within(MUST_HAPPEN, reader.read())).value, 2 * taken);
      await until(() => written >= taken + 1 + 3, "the buffer is full");
      for (let i = 0; i < 50; i++) await turn();
      assert(written <= taken + 1 + 3 + 2, `${written} written, ${taken + 1} read`);
    }
    await reader.cancel("enough");
  });

  check(
    "transform(): a failure comes after the results before it, and errors the writer with the same error",
    async () => {
      await using pool = backend.make({ workers: 1 });
      const { readable, writable } = pool.transform(values.failOdd);
      const writer = writable.getWriter();
      const closed = ending(writer.closed);
      const reader = readable.getReader();
      void writer.write(0).catch(() => {});
      void writer.write(1).catch(() => {});
      assertEquals(await within(MUST_HAPPEN, reader.read()), { done: false, value: 0 });
      const error = await ending(reader.read());
      assert(error instanceof Error && error.message !== "", String(error));
      assertEquals(await closed, error);
      assertEquals(await ending(writer.write(2)), error);
    },
  );

  check("transform(): cancelling the reader ends the running calls and errors the writer with the reason", async () => {
    await using gate = new Gate();
    await using pool = backend.make({ workers: 1 });
    const { readable, writable } = pool.transform(gated.holdPolitely);
    const writer = writable.getWriter();
    const closed = ending(writer.closed);
    const reader = readable.getReader();
    const read = reader.read();
    void writer.write(gate.words).catch(() => {});
    await gate.entered();
    await within(MUST_HAPPEN, reader.cancel("not needed"));
    assertEquals(await read, { done: true, value: undefined });
    assertEquals(await closed, "not needed");
    assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 2)), 4);
  });

  check("transform(): aborting the writer ends the reader with the reason, after the results before it", async () => {
    await using pool = backend.make({ workers: 1 });
    const { readable, writable } = pool.transform(values.double);
    const reader = readable.getReader();
    const writer = writable.getWriter();
    void writer.write(1);
    assertEquals((await within(MUST_HAPPEN, reader.read())).value, 2);
    void writer.abort("no more").catch(() => {});
    assertEquals(await ending(reader.read()), "no more");
  });

  check("transform(): refused by a closed pool, and with bad options, at the call", async () => {
    const pool = backend.make({ workers: 1 });
    assertThrows(() => pool.transform(values.double, { bufer: 1 } as never), TypeError, "unknown option `bufer`");
    assertThrows(() => pool.transform(values.double, { buffer: 0 }), RangeError, "`buffer` is 0");
    await pool.shutdown();
    assertThrows(() => pool.transform(values.double), PoolClosedError);
  });
};
