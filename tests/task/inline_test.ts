import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { inline, Pool } from "@isopool/isopool";
import { within } from "../support/within.ts";

const outside = 5;
const other = { field: 1 };
(globalThis as Record<string, unknown>).setByTheScript = 1;
declare const setByTheScript: number;

class Thing {
  method() {
    return 1;
  }
  static made() {
    return new Thing();
  }
}

const odd = {
  value: 1,
  short() {},
  async later() {
    await 0;
  },
  *many() {
    yield 1;
  },
  "odd-name"() {},
  5() {},
  [Symbol.iterator]() {},
  async() {},
  get() {},
  self() {
    return this.value;
  },
  get getter() {
    return 1;
  },
};

// What these names are in this file; in a worker, they would be its globals.
const name = "Ada";
const location = "here";
function close() {}
function toString(n: number) {
  return `#${n}`;
}
const hasOwnProperty = 1;
declare const valueOf: unknown;
declare const constructor: unknown;

// deno-lint-ignore no-explicit-any -- functions of every signature
type Any = (...args: any[]) => unknown;

const sourceless: [string, unknown, string][] = [
  ["a native function", Math.max, "`max`"],
  ["a bound function", ((n: number) => n).bind(null), "it is native, bound or a class"],
  ["a class", Thing, "`Thing`"],
  ["an anonymous class", class {}, "it is native, bound or a class"],
  ...[
    ["a method", new Thing().method],
    ["a static method", Thing.made],
    ["a method of an object", odd.short],
    ["an async method", odd.later],
    ["a generator method", odd.many],
    ["a method with an odd name", odd["odd-name"]],
    ["a method named by a number", odd[5]],
    ["a method named by a symbol", odd[Symbol.iterator]],
    ["a method called async", odd.async],
    ["a method called get", odd.get],
    ["a method that uses this", odd.self],
    ["a getter", Object.getOwnPropertyDescriptor(odd, "getter")!.get],
  ].map(([what, fn]): [string, unknown, string] => [what as string, fn, "its source does not parse by itself"]),
];
for (const [what, fn, message] of sourceless) {
  Deno.test(`inline() refuses ${what} at the call`, () => {
    const error = assertThrows(() => inline(fn as Any), TypeError) as unknown as Error;
    assert(error.message.includes(message) && error.message.includes("use tasks()"), error.message);
  });
}

Deno.test("inline() refuses a value that is no function", () => {
  for (const value of [5, "() => 1", null, {}]) {
    assertThrows(() => inline(value as unknown as Any), TypeError, "Cannot inline function: `fn` is");
  }
});

const refused: [string, Any, string[]][] = [
  ["a constant of the file", () => outside, ["`outside`"]],
  ["two of them", () => [outside, other.field], ["`outside`", "`other`"]],
  ["one in a nested function", () => [1].map((n) => () => n + outside), ["`outside`"]],
  ["one in a default", (n = outside) => n, ["`outside`"]],
  ["one in a template", () => `${outside}`, ["`outside`"]],
  ["one in a shorthand", () => ({ outside }), ["`outside`"]],
  ["one in a computed key", () => ({ [outside]: 1 }), ["`outside`"]],
  ["one in typeof", () => typeof other, ["`other`"]],
  ["one that is shadowed elsewhere", () => [((outside: number) => outside)(1), outside], ["`outside`"]],
  ["one that is assigned", new Function("undeclared = 1") as Any, ["`undeclared`"]],
  ["a class of the file", () => new Thing(), ["`Thing`"]],
  ["a global that the script set", () => setByTheScript, ["`setByTheScript`"]],
  ["an import of the file", () => within, ["`within`"]],
  ["a constant called name", () => name.length, ["`name`", "globalThis.name"]],
  ["a constant called location", () => location, ["`location`"]],
  ["a function called close", () => close(), ["`close`"]],
  ["a function called toString", (n: number) => toString(n), ["`toString`"]],
  ["properties of all objects", () => [hasOwnProperty, valueOf, constructor], [
    "`hasOwnProperty`",
    "`valueOf`",
    "`constructor`",
  ]],
  ["the this of a function", function (this: unknown) {
    return this;
  }, ["`this`"]],
  [
    "the this around an arrow function",
    new (class {
      value = 1;
      get = () => [1].map(() => this.value);
    })().get,
    ["`this`"],
  ],
  ["import.meta", () => import.meta.url, ["import.meta"]],
  [
    "the arguments of the function around it",
    (function () {
      return () => arguments[0];
    })(),
    ["`arguments`"],
  ],
];
for (const [what, fn, parts] of refused) {
  Deno.test(`inline() names ${what} before anything is sent`, async () => {
    await using pool = new Pool(1);
    const error = await assertRejects(
      () => within(10_000, pool.submit(inline(fn))),
      TypeError,
      "Cannot inline function",
    ) as Error;
    for (const part of parts) assert(error.message.includes(part), error.message);
    assert(error.message.includes("use tasks()"), error.message);
    assertEquals(pool.workerIds, []);
  });
}

Deno.test("inline() with free variables causes no unhandled rejection if the task is never submitted", async () => {
  const reported: unknown[] = [];
  const listen = (event: PromiseRejectionEvent) => (event.preventDefault(), reported.push(event.reason));
  globalThis.addEventListener("unhandledrejection", listen);
  const made = inline(() => outside);
  await made.verified!.catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 0));
  globalThis.removeEventListener("unhandledrejection", listen);
  assertEquals(reported, []);
});

Deno.test("a map of an inline() function with free variables rejects and starts no worker", async () => {
  await using pool = new Pool(1);
  const results = pool.map(inline((n: number) => n + outside), [1, 2]);
  await assertRejects(async () => await within(10_000, results), TypeError, "`outside`");
  assertEquals(pool.workerIds, []);
});

Deno.test("the async backend runs the original function of inline()", async () => {
  await using pool = new Pool({ backend: "async" });
  const value = { itself: true };
  assertStrictEquals(await pool.submit(inline((v: typeof value) => v), value), value);
});

Deno.test("inline() refuses every global of this thread that a worker does not have", async () => {
  await using pool = new Pool(1);
  const here = new Set<string>();
  for (let each = globalThis; each; each = Object.getPrototypeOf(each)) {
    for (const key of Object.getOwnPropertyNames(each)) here.add(key);
  }
  here.delete("setByTheScript");
  const missing = await pool.submit(inline((names: string[]) => names.filter((name) => !(name in globalThis))), [
    ...here,
  ]);
  assert(missing.includes("localStorage") && missing.includes("confirm"), "the cases themselves");
  const accepted: string[] = [];
  for (const key of missing) {
    const made = inline(new Function(`return ${key}`) as Any);
    await made.verified!.then(() => accepted.push(key), (error: Error) => assert(error.message.includes(`\`${key}\``)));
  }
  assertEquals(accepted, []);
});

for (const hook of ["initializer", "finalizer"] as const) {
  Deno.test(`a pool whose ${hook} uses variables from outside breaks with an error that names them`, async () => {
    await using pool = new Pool({ workers: 1, [hook]: inline(() => void outside) });
    const future = pool.submit(inline(() => 1));
    const error = await within(10_000, future.exception()) as Error;
    assertEquals(error.name, "BrokenPoolError");
    const { message } = error.cause as Error;
    assert(message.includes(`Cannot create pool: \`${hook}\``) && message.includes("`outside`"), message);
  });
}
