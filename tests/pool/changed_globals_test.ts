/** Scripts that change `Error`, `Object.prototype` and globals of the main thread, as source-map, stack and patch libraries do. */
import { assertEquals } from "@std/assert";
import { runScript } from "../support/script.ts";
import { test } from "../support/within.ts";

const STACKS: Record<string, string> = {
  "Error.prepareStackTrace that returns undefined": "Error.prepareStackTrace = () => undefined;",
  "Error.prepareStackTrace that returns null": "Error.prepareStackTrace = () => null;",
  "Error.prepareStackTrace that returns a number": "Error.prepareStackTrace = () => 5;",
  "Error.prepareStackTrace that returns an object": "Error.prepareStackTrace = (error) => ({ text: String(error) });",
  "Error.prepareStackTrace that returns the frames": "Error.prepareStackTrace = (_, frames) => frames;",
  "Error.prepareStackTrace that throws": 'Error.prepareStackTrace = () => { throw new Error("broken"); };',
  "Error.stackTraceLimit that is undefined": "Error.stackTraceLimit = undefined;",
  "Error.stackTraceLimit that is 0": "Error.stackTraceLimit = 0;",
  "Error.stackTraceLimit that is text": 'Error.stackTraceLimit = "10";',
  "Error.stackTraceLimit that is deleted": "delete Error.stackTraceLimit;",
  "Error.captureStackTrace that is deleted": "delete Error.captureStackTrace;",
  "Error.captureStackTrace that throws": 'Error.captureStackTrace = () => { throw new Error("broken"); };',
  "Error.isError that is deleted": "delete Error.isError;",
  "a frozen Error": "Object.freeze(Error);",
};

// Pool and manager: what fails arrives, with its name, message and fields, and the next call works.
const SETTLES = `
import { inline, Pool } from "@isopool/isopool";
import { Manager } from "@isopool/isopool/manager";
const fail = inline(() => {
  throw Object.assign(new RangeError("own"), { code: "E_OWN" });
});
async function outcome(promise) {
  try {
    return await promise;
  } catch (error) {
    return [error.name, error.message, error.code];
  }
}
{
  await using pool = new Pool(1);
  using manager = new Manager();
  const list = await manager.list([1]);
  CHANGE
  console.log(JSON.stringify([
    await outcome(pool.submit(fail)),
    await outcome(pool.submit(inline(() => 5))),
    await outcome(pool.map(fail, [1])),
    (await outcome(list.at("x")))[0],
    await outcome(list.at(0)),
  ]));
}
`;

for (const [what, change] of Object.entries(STACKS)) {
  test(`every future settles in a script with ${what}`, async () => {
    const ended = await runScript(SETTLES.replace("CHANGE", change));
    const own = ["RangeError", "own", "E_OWN"];
    assertEquals([ended.code, ended.stdout.trim(), ended.late], [
      0,
      JSON.stringify([own, 5, own, "TypeError", 1]),
      false,
    ], ended.stderr);
  });
}

// A value of each kind of transport: text in shared memory, a message, an error, a queue, a manager.
const DATA = `
import { inline, Lock, Pool, Queue } from "@isopool/isopool";
import { Manager } from "@isopool/isopool/manager";
const echo = inline((value) => value);
const fail = inline(() => {
  throw Object.assign(new RangeError("own"), { code: "E_OWN", inner: { at: 1 } });
});
const show = (value) =>
  value instanceof Map ? ["Map", ...[...value].map(show)]
  : Array.isArray(value) ? [value.length, ...Object.keys(value).map((key) => [key, show(value[key])])]
  : value instanceof Error ? [value.name, ...Object.keys(value).map((key) => [key, show(value[key])])]
  : typeof value === "object" && value !== null ? Object.keys(value).map((key) => [key, show(value[key])])
  : String(value);
const define = (name, value) =>
  Object.defineProperty(Object.prototype, name, {
    __proto__: null, enumerable: true, configurable: true, writable: true, value,
  });
async function all(pool, queue, dict) {
  await dict.set("key", { a: NaN });
  return [
    show(await pool.submit(echo, { a: 1, b: [{ c: NaN }] })),
    show(await pool.submit(echo, { a: new Map([["k", { c: 1 }]]) })),
    show((await pool.submit(echo, [{ a: 1 }, new Lock()]))[0]),
    show(await pool.submit(fail).exception()),
    show(await pool.submit(inline(() => ({ failed: new RangeError("x") })))),
    show(await pool.map(echo, [{ a: 1 }, 2, "x"])),
    show(await queue.put({ a: { b: 1 } }).then(() => queue.get())),
    show(await dict.get("key")),
    // Holes: what stands on Object.prototype at their index is read in their place.
    show(await pool.submit(echo, [, 1])),
    show(await pool.submit(echo, [[, 1], new Map([[1, [, 2]]])])),
    show(await pool.submit(echo, [[, new Lock()], 1]).then((list) => 0 in list[0] && Object.hasOwn(list[0], 0))),
    show(await queue.put([, 1]).then(() => queue.get())),
    show(await pool.map(echo, [1, 2], { chunkSize: 1, ordered: false }).then((list) => list.sort())),
    show(await pool.map(fail, [1], { onError: "settle" }).then(([outcome]) => outcome.reason)),
    show(await pool.submit(inline((...args) => args.length))),
  ];
}
{
  await using pool = new Pool(1);
  using manager = new Manager();
  const queue = new Queue();
  const dict = await manager.dict({});
  const expected = JSON.stringify(await all(pool, queue, dict));
  for (const name of NAMES) {
    for (const value of [5, () => 1, { evil: 1 }, NaN, undefined]) {
      define(name, value);
      const values = await all(pool, queue, dict);
      delete Object.prototype[name];
      const found = JSON.stringify(values);
      if (found !== expected) console.log(name, typeof value, found, expected);
    }
  }
}
console.log("done");
`;

test("an enumerable property on Object.prototype turns up in no data, and every call settles", async () => {
  const names = [
    "foo",
    "get",
    "set",
    "value",
    "writable",
    "errors",
    "suppressed",
    "target",
    "handles",
    "toJSON",
    "kind",
    "0",
    "length",
  ];
  const ended = await runScript(DATA.replace("NAMES", JSON.stringify(names)), { deadline: 60_000 });
  assertEquals([ended.stdout.trim(), ended.code, ended.stderr], ["done", 0, ""]);
}, { deadline: 90_000 });

// What uses the runtime's globals: workers that start and end, each kind of value, time limits, shared memory, errors.
const REPLACED = `
import { inline, Lock, Pool, Process, Queue, select } from "@isopool/isopool";
import { Manager } from "@isopool/isopool/manager";
import { limit } from "@isopool/isopool/pooled";
const { log } = console;
const { stringify } = JSON;
const echo = inline((value) => value);
const fail = inline(() => {
  throw Object.assign(new DOMException("own", "AbortError"), { code2: "E_OWN" });
});
const loop = inline(() => {
  for (;;);
});
const date = new Date(5);
for (const name of NAMES) globalThis[name] = VALUE;
const failure = async (promise) => {
  try {
    await promise;
  } catch (error) {
    return [error.name, error.message];
  }
};
const transformed = async (pool, value) => {
  const { readable, writable } = pool.transform(echo);
  const writer = writable.getWriter();
  const reading = readable.getReader().read();
  await writer.write(value);
  await writer.close();
  return (await reading).value;
};
const found = [];
{
  await using pool = new Pool({ workers: 2, maxTasksPerWorker: 20 });
  await using local = new Pool({ workers: 2, backend: "async" });
  using manager = new Manager();
  const queue = new Queue();
  const lock = new Lock();
  const dict = await manager.dict({ a: date });
  found.push(
    await pool.submit(echo, [1, "x", { a: -0 }, date]),
    (await pool.submit(echo, new Map([[1, { date }]]))).get(1).date.getTime(),
    await pool.submit(echo, new Uint8Array(3)),
    await failure(pool.submit(fail)),
    (await failure(pool.submit(loop.with({ timeout: 50 }))))[0],
    await pool.map(echo, [1, 2, 3], { signal: undefined }),
    await local.map((n) => n + 1, [1]),
    (await queue.put({ a: date }), await queue.get()),
    (await queue.put(new Map()), (await select([queue], { timeout: 5_000 })).index),
    (await failure(select([queue], { timeout: 5 })))[0],
    (await lock.acquire({ timeout: 1_000 })).recovered,
    (await failure(lock.acquire({ timeout: 5 })))[0],
    (await dict.get("a")).getTime(),
    await limit(1)(() => 6),
    (await failure(pool.submit(inline(() => Deno.exit(3)))))[0],
    await new Process(echo, [7]).start().result({ timeout: 20_000 }),
    await transformed(pool, 8),
  );
  await local.terminate();
}
log(stringify(found));
Deno.exit(0);
`;

const GLOBALS = [
  "performance",
  "structuredClone",
  "Atomics",
  "JSON",
  "crypto",
  "navigator",
  "queueMicrotask",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "reportError",
  "AbortController",
  "CustomEvent",
  "Date",
  "DOMException",
  "EventTarget",
  "MessageChannel",
  "Promise",
  "ReadableStream",
  "TextDecoder",
  "TextEncoder",
  "TransformStream",
  "URL",
  "WeakRef",
  "Worker",
];

for (const [what, value] of [["deleted", "undefined"], ["that throw", '() => { throw new Error("replaced"); }']]) {
  test(`every call settles in a script with globals ${what}: ${GLOBALS.join(", ")}`, async () => {
    const source = REPLACED.replace("NAMES", JSON.stringify(GLOBALS)).replace("VALUE", value);
    const ended = await runScript(source, { deadline: 60_000 });
    assertEquals([ended.code, ended.stdout.trim(), ended.late], [
      0,
      JSON.stringify([
        [1, "x", { a: 0 }, new Date(5)],
        5,
        new Uint8Array(3),
        ["AbortError", "own"],
        "TaskTimeoutError",
        [1, 2, 3],
        [2],
        { a: new Date(5) },
        0,
        "WaitTimeoutError",
        false,
        "WaitTimeoutError",
        5,
        6,
        "WorkerCrashedError",
        7,
        8,
      ]),
      false,
    ], ended.stderr);
  }, { deadline: 90_000 });
}
