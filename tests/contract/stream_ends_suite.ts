import { assertEquals, assertRejects } from "@std/assert";
import { CancelledError, PoolClosedError, TaskTimeoutError, WorkerCrashedError } from "@isopool/isopool";
import { streams, values } from "../fixtures/views.ts";
import { expectError } from "../support/expect.ts";
import { Gate } from "../support/gate.ts";
import { range } from "../support/range.ts";
import { MUST_HAPPEN, until, within } from "../support/within.ts";
import { DRAINS, GRACE, type Suite } from "./backend.ts";

/** Maximum number of items that wait for a reader, as documented at `Pool.stream`. */
const BUFFER = 16;

/** A time limit, in milliseconds, for streams whose module is loaded: loading it counts, and takes long on a busy machine. */
const LIMIT = 1_000;

/** Streams that end early: by a limit, a signal, a death, or the end of the pool. */
export const streamEndsSuite: Suite = (backend, check) => {
  check("a timeout ends a stream in its middle: the reader gets the items before it, and finally has run", async () => {
    await using pool = backend.make({ workers: 1, killGrace: 20_000 });
    await using gate = new Gate();
    await pool.submit(streams.notIterable);
    const seen: number[] = [];
    const error = await within(
      MUST_HAPPEN,
      assertRejects(async () => {
        for await (const n of pool.stream(streams.stall.with({ timeout: LIMIT }), gate.words)) seen.push(n);
      }),
    );
    expectError(error, TaskTimeoutError);
    assertEquals(seen, [1, 2]);
    await until(() => gate.read("LEFT") === 1, "finally runs");
    assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 1)), 2);
  });

  check("a timeout counts the time of a reader that stopped reading", async () => {
    await using pool = backend.make({ workers: 1, killGrace: 20_000 });
    await using gate = new Gate();
    await pool.submit(streams.notIterable);
    const iterator = pool.stream(streams.count.with({ timeout: LIMIT }), 1_000, gate.words)[Symbol.asyncIterator]();
    assertEquals((await iterator.next()).value, 0);
    await until(() => gate.read("LEFT") === 1, "the generator is ended");
    const rest: number[] = [];
    const error = await within(
      MUST_HAPPEN,
      assertRejects(async () => {
        for (let next; !(next = await iterator.next()).done;) rest.push(next.value);
      }),
    );
    expectError(error, TaskTimeoutError);
    assertEquals(rest, range(BUFFER).slice(1).concat(rest.slice(BUFFER - 1)));
  });

  check("a signal ends a stream with its reason, in its middle and before it starts", async () => {
    await using pool = backend.make({ workers: 1, killGrace: 20_000 });
    await using gate = new Gate();
    const controller = new AbortController();
    const reason = new URIError("enough");
    const task = streams.stall.with({ signal: controller.signal });
    const unread = pool.stream(task, gate.words);
    const seen: number[] = [];
    const error = await within(
      MUST_HAPPEN,
      assertRejects(async () => {
        for await (const n of pool.stream(task, gate.words)) {
          seen.push(n);
          if (n === 2) void gate.entered().then(() => controller.abort(reason));
        }
      }),
    );
    assertEquals([error, seen], [reason, [1, 2]]);
    await until(() => gate.read("LEFT") === 1, "finally runs");
    assertEquals(await assertRejects(async () => await unread), reason);
  });

  if (backend.capabilities.isolated) {
    check("a worker that dies in mid-stream: the reader gets the items before, then WorkerCrashedError", async () => {
      await using pool = backend.make({ workers: 1 });
      const seen: number[] = [];
      const error = await within(
        MUST_HAPPEN,
        assertRejects(async () => {
          for await (const n of pool.stream(streams.die)) seen.push(n);
        }),
      );
      expectError(error, WorkerCrashedError);
      assertEquals(seen, [1, 2]);
      assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 1)), 2);
    });
  }

  for (const [name, drain] of DRAINS) {
    check(`a stream whose reader stopped reading is cancelled by ${name}`, async () => {
      await using gate = new Gate();
      const pool = backend.make({ workers: 1, killGrace: 20_000 });
      const iterator = pool.stream(streams.count, 1_000, gate.words)[Symbol.asyncIterator]();
      assertEquals((await iterator.next()).value, 0);
      await within(MUST_HAPPEN, drain(pool));
      assertEquals(gate.read("LEFT"), 1);
      const error = await within(
        MUST_HAPPEN,
        assertRejects(async () => {
          while (!(await iterator.next()).done);
        }),
      );
      expectError(error, CancelledError);
    });
  }

  check("an awaited stream is done when the pool's block ends", async () => {
    await using gate = new Gate();
    let done: Promise<number[]>;
    {
      await using pool = backend.make({ workers: 1 });
      done = pool.stream(streams.count, 300, gate.words).then((all) => all);
    }
    assertEquals(await done, range(300));
  });

  check("a stream that is first read after its pool was closed is refused, and leaves nothing behind", async () => {
    await using gate = new Gate();
    let stream;
    {
      await using pool = backend.make({ workers: 1 });
      stream = pool.stream(streams.count, 3, gate.words);
      assertEquals(await pool.submit(values.double, 1), 2);
    }
    expectError(await within(MUST_HAPPEN, assertRejects(async () => await stream)), PoolClosedError);
    assertEquals(gate.count, 0);
  });

  check("terminate() ends a stream with CancelledError", async () => {
    await using pool = backend.make({ workers: 1, killGrace: GRACE });
    await using gate = new Gate();
    const iterator = pool.stream(streams.stall, gate.words)[Symbol.asyncIterator]();
    assertEquals([(await iterator.next()).value, (await iterator.next()).value], [1, 2]);
    const third = assertRejects(() => iterator.next());
    await gate.entered();
    await within(MUST_HAPPEN, pool.terminate());
    expectError(await within(MUST_HAPPEN, third), CancelledError);
  });

  check("shutdown({ cancelFutures }) cancels a waiting stream", async () => {
    const pool = backend.make({ workers: 1 });
    await using gate = new Gate();
    await using other = new Gate();
    const running = pool.stream(streams.stall, gate.words).then((all) => all);
    await gate.entered();
    const waiting = pool.stream(streams.count, 3, other.words).catch((error: unknown) => error);
    const ended = pool.shutdown({ cancelFutures: true });
    expectError(await within(MUST_HAPPEN, waiting), CancelledError);
    gate.open();
    assertEquals(await within(MUST_HAPPEN, running), [1, 2]);
    await within(MUST_HAPPEN, ended);
    assertEquals(other.count, 0);
  });
};
