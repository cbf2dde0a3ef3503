import { assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "@std/assert";
import { inline, Pool, Task, task, tasks } from "@isopool/isopool";
import { test, within } from "../support/within.ts";

interface Module {
  double(n: number): number;
  then(): void;
}

// deno-lint-ignore no-explicit-any -- what a caller without types can pass
type Loose = any;

export function exported(n: number): number {
  return n + 1;
}

Deno.test("tasks() names a module and an export, and evaluates nothing", () => {
  const view = tasks<Module>("file:///no/such/module.ts");
  assertInstanceOf(view.double, Task);
  assertEquals([view.double.name, view.double.source], [
    "double",
    { url: "file:///no/such/module.ts", name: "double" },
  ]);
  assertStrictEquals(view.double, view.double);
  assertEquals(tasks<Module>(new URL("file:///a b.ts")).double.source, { url: "file:///a%20b.ts", name: "double" });
  assertEquals(tasks<Module>("node:path").double.source, { url: "node:path", name: "double" });
});

Deno.test("tasks() of a module that exports `then` is no promise", async () => {
  const view = tasks<Module>("file:///m.ts");
  assertStrictEquals(await within(10_000, Promise.resolve(view)), view);
  assertEquals((view as Loose).then, undefined);
  assertEquals((view as Loose)[Symbol.iterator], undefined);
});

Deno.test("tasks() returns a read-only object", () => {
  const view = tasks<Module>("file:///m.ts") as Loose;
  assertThrows(() => view.double = 1, TypeError, "Cannot set task double: a view of a module is read-only");
  assertInstanceOf(view.double, Task);
});

Deno.test("tasks() with a relative URL throws an error that names import.meta.resolve", () => {
  for (const url of ["./primes.ts", "primes.ts", "../x/primes.ts", "/abs/primes.ts"]) {
    assertThrows(() => tasks(url), TypeError, `pass import.meta.resolve(${JSON.stringify(url)})`);
  }
  for (const url of [undefined, null, 5, {}]) {
    assertThrows(() => tasks(url as Loose), TypeError, 'import.meta.resolve("./tasks.ts")');
  }
});

const bad: [Loose, typeof TypeError | typeof RangeError, string][] = [
  [{ timout: 5 }, TypeError, "unknown option `timout`: did you mean `timeout`? The options are timeout, deadline, "],
  [{ timeout: -1 }, RangeError, "`timeout` is -1"],
  [{ timeout: "5" }, TypeError, '`timeout` is "5"'],
  [{ signal: {} }, TypeError, "an AbortSignal"],
  [{ retry: -1 }, RangeError, "`retry` is -1"],
  [{ retry: { attempts: 3 } }, TypeError, "unknown option `attempts`"],
  [{ transfer: "buffer" }, TypeError, "an array of transferable values"],
  [5, TypeError, "`options` is 5"],
];
for (const [options, error, message] of bad) {
  Deno.test(`tasks(), task(), inline() and with() refuse ${JSON.stringify(options)} at the call`, () => {
    assertThrows(() => tasks("file:///m.ts", options), error, message);
    assertThrows(() => tasks<Module>("file:///m.ts").double.with(options), error, message);
    assertThrows(() => task(import.meta, exported, options), error, message);
    assertThrows(() => inline(() => 1, options), error, message);
  });
}

Deno.test("options of a task do not change: neither with the object they were given in, nor by assignment", () => {
  const given = { timeout: 5 };
  const view = tasks<Module>("file:///m.ts").double.with(given);
  given.timeout = 6;
  assertThrows(() => (view.options as Loose).timeout = 7, TypeError);
  assertEquals(view.options.timeout, 5);
});

for (const backend of ["worker", "async"] as const) {
  test(`${backend}: calls that take turns with calls of other options keep their own`, async () => {
    await using pool = new Pool({ backend, workers: 1, timeout: 60_000 });
    const odd = inline((n: number) => {
      if (n % 2 === 1) throw new RangeError("odd");
      return n;
    });
    let asked = 0;
    const retried = odd.with({ retry: { maxAttempts: 3, isRetriable: () => ++asked > 0 } });
    const aborted = odd.with({ signal: AbortSignal.abort(new Error("aborted")) });
    const limited = inline(() => new Promise(() => {})).with({ timeout: 10 });
    const ends: unknown[] = [];
    const end = (call: PromiseLike<unknown>) =>
      call.then((value) => ends.push(value), (error) => ends.push(error.name));
    for (let round = 0; round < 3; round++) {
      await end(pool.submit(odd, 2));
      await end(pool.submit(aborted, 2));
      await end(pool.submit(retried, 1));
      await end(pool.submit(limited));
      await end(pool.submit(odd, 1));
    }
    assertEquals(ends, Array(3).fill([2, "Error", "RangeError", "TaskTimeoutError", "RangeError"]).flat());
    assertEquals(asked, 6);
  });
}

Deno.test("Task.with() returns a copy in which later options replace earlier ones and the others stay", () => {
  const { signal } = new AbortController();
  const plain = tasks<Module>("file:///m.ts", { timeout: 5 }).double;
  const both = plain.with({ retry: 2 }).with({ timeout: 7, signal });
  assertEquals([plain.options, both.options.timeout, both.options.retry], [{ timeout: 5 }, 7, 2]);
  assertStrictEquals(both.options.signal, signal);
  assertEquals([both.name, both.source], [plain.name, plain.source]);
  const local = inline(() => 1);
  assertStrictEquals(local.with({ timeout: 1 }).local, local.local);
});

Deno.test("a Task does not change when the caller changes its options object", () => {
  const options = { timeout: 5 };
  const made = [
    tasks<Module>("file:///m.ts", options).double,
    task(import.meta, exported, options),
    inline(() => 1, options),
  ];
  options.timeout = -1;
  assertEquals(made.map((each) => each.options.timeout), [5, 5, 5]);
});

Deno.test("task() has the URL of this file and the name of the function", async () => {
  const made = task(import.meta, exported);
  assertEquals([made.name, made.source], ["exported", { url: import.meta.url, name: "exported" }]);
  await using pool = new Pool({ backend: "async" });
  assertEquals(await pool.submit(made, 1), 2);
});

Deno.test("task() refuses a function without a name and a value that is no function", () => {
  assertThrows(() => task(import.meta, () => 1), TypeError, "the function has no name: export a named function");
  assertThrows(() => task(import.meta, 5 as Loose), TypeError, "a function that the file exports");
  assertThrows(() => task(exported as Loose, exported), TypeError, "import.meta.resolve");
  assertThrows(() => task(undefined as Loose, exported), TypeError, "import.meta.resolve");
});
