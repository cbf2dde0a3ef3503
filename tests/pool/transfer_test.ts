import { assert, assertEquals } from "@std/assert";
import { inline, Pool, type Task, TransferError, WorkerCrashedError } from "@isopool/isopool";
import { failing, values } from "../fixtures/views.ts";
import { expectError } from "../support/expect.ts";
import { MUST_HAPPEN, test, until, within } from "../support/within.ts";

const NOT: Record<string, { args: unknown[]; path: string }> = {
  "a function": { args: [() => {}], path: "args[0]" },
  "a function in an object": { args: [1, { socket: { close() {} } }], path: "args[1].socket.close" },
  "a symbol in an array": { args: [[1, [Symbol("s")]]], path: "args[0][1][0]" },
  "a WeakMap": { args: [{ cache: new WeakMap() }], path: "args[0].cache" },
  "a promise": { args: [{ later: Promise.resolve(1) }], path: "args[0].later" },
  "a function in a Map": { args: [new Map([["key", { call() {} }]])], path: 'args[0].get("key").call' },
  "a name that is none": { args: [{ "content-type": () => {} }], path: 'args[0]["content-type"]' },
};

for (const [kind, { args, path }] of Object.entries(NOT)) {
  test(`an argument that cannot be copied rejects the future and names its path: ${kind}`, async () => {
    await using pool = new Pool(1);
    const future = pool.submit(values.count, ...args);
    const error = expectError(await within(MUST_HAPPEN, future.exception()), TransferError);
    assertEquals([error.direction, error.path], ["argument", path]);
    assert(error.message.includes(path), error.message);
    assertEquals(await pool.submit(values.double, 1), 2);
  });
}

test("a symbol cannot be an argument", async () => {
  await using pool = new Pool(1);
  const error = await within(MUST_HAPPEN, pool.submit(values.count, Symbol("alone")).exception());
  assertEquals(expectError(error, TransferError).path, "args[0]");
});

test("apply() rejects with the same error", async () => {
  await using pool = new Pool(1);
  const error = await pool.apply(values.count, [() => {}]).then(() => undefined, (error) => error);
  assertEquals(expectError(error, TransferError).path, "args[0]");
});

const RESULTS: Record<string, string> = {
  function: "result.list[1].callback",
  symbol: "result",
  map: 'result.get("key").socket',
  weak: 'result["not-a-name"]',
};
for (const [kind, path] of Object.entries(RESULTS)) {
  test(`a result that cannot be copied rejects the future and names its path: ${kind}`, async () => {
    await using pool = new Pool(1);
    const future = pool.submit(failing.uncloneable, kind);
    const error = expectError(await within(MUST_HAPPEN, future.exception()), TransferError);
    assertEquals([error.direction, error.path], ["result", path]);
    assert(error.message.includes(path), error.message);
    assertEquals(await pool.submit(values.double, 1), 2);
  });
}

test("an item that cannot be copied fails the map, no hang, and the pool is reusable", async () => {
  await using pool = new Pool(1);
  const task = values.count as unknown as Task<[unknown], number>;
  const items = [1, 2, { bad: () => {} }, 4];
  const error = await within(MUST_HAPPEN, pool.map(task, items).then(() => undefined, (error) => error));
  const { direction, path } = expectError(error, TransferError);
  assertEquals(direction, "argument");
  assert(path.endsWith(".bad"), path);
  assertEquals(await pool.map(values.double, [1, 2]), [2, 4]);
});

test("with onError settle, an item that cannot be copied fails by itself", async () => {
  await using pool = new Pool(1);
  const task = values.count as unknown as Task<[unknown], number>;
  const items = [1, () => {}, 3];
  const results = await within(MUST_HAPPEN, pool.map(task, items, { onError: "settle" }));
  assertEquals(results.map(({ status }: { status: string }) => status), ["fulfilled", "rejected", "fulfilled"]);
  expectError((results[1] as PromiseRejectedResult).reason, TransferError);
});

test("a result that cannot be copied fails by itself in a batch", async () => {
  await using pool = new Pool(1);
  const results = await within(
    MUST_HAPPEN,
    pool.map(failing.uncloneable, ["function", "symbol", "map"], { onError: "settle", chunkSize: 20 }),
  );
  for (const result of results) expectError((result as PromiseRejectedResult).reason, TransferError);
});

test("a buffer that was moved before is named, and rejects the future", async () => {
  await using pool = new Pool(1);
  const buffer = new ArrayBuffer(8);
  const task = values.byteLength.with({ transfer: [buffer] });
  assertEquals(await pool.submit(task, buffer), 8);
  const error = await within(MUST_HAPPEN, pool.submit(task, buffer).exception());
  assertEquals(expectError(error, TransferError).direction, "argument");
});

test("a getter that throws while an argument is copied rejects the future", async () => {
  await using pool = new Pool(1);
  const argument = {
    get bad() {
      throw new Error("from the getter");
    },
  };
  const error = await within(MUST_HAPPEN, pool.submit(values.count, argument).exception());
  const { path, message } = expectError(error, TransferError);
  assertEquals(path, "args[0]");
  assert(message.includes("from the getter"), message);
});

/** Bound in milliseconds; a worker counts as blocked after 5 s. */
const BLOCKED = 30_000;

test(
  "a call with moved values at a worker that left-over code blocks fails, and the pool goes on (bound: 30 s)",
  async () => {
    await using pool = new Pool(1);
    const words = new Int32Array(new SharedArrayBuffer(4));
    const leaveSpinning = inline((words: Int32Array) => {
      setTimeout(() => {
        Atomics.store(words, 0, 1);
        for (;;);
      });
    });
    const length = inline((bytes: Uint8Array) => bytes.length);
    await pool.submit(leaveSpinning, words);
    await until(() => Atomics.load(words, 0) === 1, "the timer spins");
    const bytes = new Uint8Array(8);
    const moving = pool.submit(length.with({ transfer: [bytes.buffer] }), bytes);
    const plain = pool.submit(length, new Uint8Array(3));
    const error = expectError(await within(BLOCKED, moving.exception()), WorkerCrashedError);
    assert(error.message.includes("before it started"), error.message);
    assertEquals(await within(BLOCKED, plain), 3);
  },
  { deadline: 2 * BLOCKED },
);
