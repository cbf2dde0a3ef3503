/**
 * Hostile tasks post forged messages. None of them runs code in the host, throws there, or reaches other calls; a task
 * may forge its own result. An error thrown in the host's message handler fails the test by itself.
 */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { Pool, TaskTimeoutError, TransferError, WorkerCrashedError } from "@isopool/isopool";
import { values } from "../fixtures/views.ts";
import { expectError } from "../support/expect.ts";
import { MUST_HAPPEN, test, within } from "../support/within.ts";
import { hostile, sane, unharmed } from "./hostile.ts";
import { SEQ } from "./seq.ts";

const NUMBERS: unknown[] = [
  NaN,
  -1,
  -0.5,
  Infinity,
  -Infinity,
  1e300,
  0.5,
  2n,
  "7",
  null,
  undefined,
  {},
  [],
  [3],
  true,
];
const SEQS: unknown[] = [...NUMBERS, 2 ** 31, 2 ** 53, new Date(0), SEQ.before, SEQ.after];

const IGNORED: Record<string, unknown[]> = {
  "values that are no message": [
    null,
    undefined,
    0,
    "ready",
    true,
    7n,
    [],
    ["ready"],
    {},
    new Map(),
    new Date(),
    new Error("x"),
  ],
  "unknown kinds": [
    "",
    "READY",
    "run",
    "task",
    "leave",
    "__proto__",
    "constructor",
    "toString",
    {},
    ["result"],
    1,
    null,
  ]
    .map((kind) => ({ kind, seq: SEQ.own, value: "forged" })),
  "buffers": [new ArrayBuffer(8), new Uint8Array(1e6), new SharedArrayBuffer(8)],
  // 0.5 is a valid time.
  "reports with invalid numbers": NUMBERS.flatMap((n) =>
    [{ count: n, ms: 1, runTime: 1 }, { count: 1, ms: n, runTime: 1 }, { count: 1, ms: 1, runTime: n }]
      .filter((each) => each.ms !== 0.5 && each.runTime !== 0.5)
      .map((each) => ({ kind: "report", ...each }))
  ),
  "answers to calls that are not in flight": SEQS.flatMap((seq) => [
    { kind: "result", seq, value: "forged" },
    { kind: "error", seq, thrown: { value: "forged" } },
  ]),
  "items and progress of calls that are not in flight": SEQS.flatMap((seq) => [
    { kind: "item", seq, value: "forged" },
    { kind: "progress", seq, done: 1, total: 2 },
  ]),
  // Infinity, 1e300 and 0.5 are valid.
  "progress with invalid numbers": NUMBERS.filter((n) => n !== Infinity && n !== 1e300 && n !== 0.5).flatMap((n) => [
    { kind: "progress", seq: SEQ.own, done: n, total: undefined },
    ...n === undefined ? [] : [{ kind: "progress", seq: SEQ.own, done: 1, total: n }],
  ]),
  "a second start": [...NUMBERS, 0, 1e9].map((now) => ({ kind: "ready", now, date: 1 })),
  "initializing": [{ kind: "initializing" }],
  "failures of hooks and limits that the pool does not have": [
    "initializer",
    "finalizer",
    "memory",
    "__proto__",
    "constructor",
    null,
    {},
    1,
  ]
    .map((phase) => ({ kind: "failed", phase, thrown: { value: "forged" } })),
};

for (const [name, frames] of Object.entries(IGNORED)) {
  test(`forged messages are ignored: ${name}`, async () => {
    const received: unknown[] = [];
    const receive = (...values: unknown[]) => void received.push(values);
    await using pool = new Pool(1);
    await unharmed(pool);
    const [id] = pool.workerIds;
    const attack = hostile.post.with({ onEmit: receive, onProgress: receive });
    assertEquals(await within(MUST_HAPPEN, pool.submit(attack, frames, "posted")), new Set(["posted"]));
    await unharmed(pool);
    assertEquals(received, []);
    assertEquals(pool.workerIds, [id], "the worker was replaced");
  });
}

test("a call that is answered twice has its first answer, and the next calls have their own", async () => {
  await using pool = new Pool(1);
  const frames = ["first", "second"].flatMap((value) => [
    { kind: "result", seq: SEQ.own, value },
    { kind: "error", seq: SEQ.own, thrown: { value } },
    { kind: "item", seq: SEQ.own, value },
  ]);
  const futures = [1, 2, 3].map((n) => [pool.submit(hostile.post, frames, n), pool.submit(values.double, n)] as const);
  for (const [n, [attack, next]] of futures.entries()) {
    assertEquals(await within(MUST_HAPPEN, attack), "first");
    assertEquals(await within(MUST_HAPPEN, next), 2 * (n + 1));
  }
  await unharmed(pool);
  // 301 are the calls of unharmed().
  assertEquals(pool.stats().tasks.succeeded, 3 + 3 + 301);
});

test("a task that forges `ready` and a perfect report is still stopped by its timeout", async () => {
  await using pool = new Pool({ workers: 1, killGrace: 20 });
  await unharmed(pool);
  const frames = [{ kind: "ready", now: 0, date: 0 }, { kind: "report", count: 1e6, ms: 0, runTime: 0 }, {
    kind: "cancel-received",
  }];
  const error = await within(MUST_HAPPEN, pool.submit(hostile.postAndSpin.with({ timeout: 100 }), frames).exception());
  expectError(error, TaskTimeoutError);
  await unharmed(pool);
});

test("20,000 invalid messages do not hold up the pool", async () => {
  await using pool = new Pool(1);
  for (
    const frame of [null, { kind: "cancel-received" }, { kind: "result", seq: 1e6, value: 1 }, { kind: "item", seq: 0 }]
  ) {
    assertEquals(await within(MUST_HAPPEN, pool.submit(hostile.flood, frame, 5_000)), "flooded");
  }
  await unharmed(pool);
});

const CLASSES = ["Function", "__proto__", "constructor", "Object", "Promise", "toString", "Symbol", "Proxy", "Worker"];

for (const classes of [...CLASSES.map((name) => [name]), CLASSES, [], [null, {}, 7], ["Function", "RangeError"]]) {
  test(`an error record of class ${JSON.stringify(classes)} becomes an error, and nothing else`, async () => {
    await using pool = new Pool(1);
    const error = await within(MUST_HAPPEN, pool.submit(hostile.postNames, classes).exception()) as unknown as
      & Error
      & Record<string, unknown>;
    assert(Error.isError(error));
    assertInstanceOf(error, classes.includes("RangeError") ? RangeError : Error);
    assertEquals([typeof error.name, typeof error.message, typeof error.stack], ["string", "string", "string"]);
    assertEquals([error.ordinary, typeof error.then], ["kept", "object"]);
    assertEquals(Object.getOwnPropertyDescriptor(error, "__proto__")?.value, { polluted: true });
    await pool.terminate();
    sane(pool);
  });
}

for (
  const [what, submit] of [
    ["a chain of 1,000 causes", (pool: Pool) => pool.submit(hostile.postChain, "cause", 1_000)],
    ["a tree of 2^20 errors", (pool: Pool) => pool.submit(hostile.postChain, "errors", 20)],
    ["errors in fields, 1,000 deep", (pool: Pool) => pool.submit(hostile.postChain, "fields", 1_000)],
    ["arrays of 2^32 holes", (pool: Pool) => pool.submit(hostile.postSparse)],
    ["itself, everywhere", (pool: Pool) => pool.submit(hostile.postCycle)],
  ] as const
) {
  test(`an error record with ${what} is read in bounded time`, async () => {
    const pool = new Pool(1);
    const error = await within(MUST_HAPPEN, submit(pool).exception(), "reading it");
    assert(Error.isError(error));
    await within(MUST_HAPPEN, pool.terminate());
  });
}

test("a call with an invalid error record fails, with the fields of the record that are valid", async () => {
  await using pool = new Pool({ workers: 1, killGrace: 20 });
  for (const thrown of [null, 7, [], {}, { error: null }, { error: 7 }, { error: [] }, { error: new Map() }]) {
    const frame = { kind: "error", seq: SEQ.own, thrown };
    const future = pool.submit(hostile.post, [frame]);
    assertEquals(await within(MUST_HAPPEN, future.then(() => "fulfilled", () => "rejected")), "rejected");
  }
  for (const field of ["cause", "errors", "suppression", "fields", "classes"]) {
    for (const value of [null, 7, "text", [], [null, 7], {}, { error: null }, new Date(), new Uint8Array(9)]) {
      const frame = { kind: "error", seq: SEQ.own, thrown: { error: { name: "n", message: "m", [field]: value } } };
      const error = await within(MUST_HAPPEN, pool.submit(hostile.post, [frame]).exception()) as Error;
      assert(Error.isError(error), `${field}: ${value}`);
      assertEquals(error.message, "m");
    }
  }
  await unharmed(pool);
});

test("a result with a field `then` is not taken for a promise", async () => {
  await using pool = new Pool({ workers: 1, killGrace: 20 });
  for (const then of [1, "then", {}, null]) {
    const result = await within(MUST_HAPPEN, pool.submit(hostile.returnThen.with({ timeout: 5_000 }), then)) as object;
    assertEquals((result as { then: unknown }).then, then);
    await pool.restart();
  }
  sane(pool);
});

test("a result may carry a port, which works until its worker ends", async () => {
  const pool = new Pool(1);
  const port = await within(MUST_HAPPEN, pool.submit(hostile.returnPort)) as unknown as MessagePort;
  const { promise, resolve } = Promise.withResolvers<unknown>();
  port.onmessage = ({ data }) => resolve(data);
  port.postMessage("hello");
  assertEquals(await within(MUST_HAPPEN, promise), "received hello");
  port.close();
  await within(MUST_HAPPEN, pool.terminate());
});

// A value that is 2,000 deep can be sent and read. Deeper ones are refused: some the runtime could send, but not read.
for (const depth of [2_000, 2_700, 3_000, 3_500, 4_000, 20_000]) {
  const ends = depth > 2_000 ? "fails its own call only" : "arrives";
  test(`a result that is ${depth} deep ${ends}`, async () => {
    await using pool = new Pool(1);
    const future = pool.submit(hostile.returnDeep, depth);
    const error = await within(MUST_HAPPEN, future.exception());
    if (depth <= 2_000) assertEquals(error, undefined);
    else assert(error instanceof TransferError || error instanceof WorkerCrashedError, String(error));
    await unharmed(pool);
  });

  test(`an item that is ${depth} deep ${ends}`, async () => {
    await using pool = new Pool(1);
    let item: unknown = 0;
    for (let level = 0; level < depth; level++) item = { item };
    const map = pool.map(values.untyped, [1, item, 3], { onError: "settle" });
    const results = await within(MUST_HAPPEN, map) as PromiseSettledResult<unknown>[];
    assertEquals([results[0].status, results[2].status], ["fulfilled", "fulfilled"]);
    const [, { status }] = results;
    assertEquals(status, depth > 2_000 ? "rejected" : "fulfilled");
    if (status === "rejected") expectError((results[1] as PromiseRejectedResult).reason, TransferError);
  });
}
