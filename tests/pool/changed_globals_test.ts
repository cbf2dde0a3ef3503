/** Scripts that change `Error` and `Object.prototype` of the main thread, as source-map, stack and patch libraries do. */
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
  : Array.isArray(value) ? value.map(show)
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
  ];
  const ended = await runScript(DATA.replace("NAMES", JSON.stringify(names)), { deadline: 60_000 });
  assertEquals([ended.stdout.trim(), ended.code, ended.stderr], ["done", 0, ""]);
}, { deadline: 90_000 });
