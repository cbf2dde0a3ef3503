import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  inline,
  IsopoolError,
  Pool,
  task,
  TaskLoadError,
  TaskNotFoundError,
  tasks,
  TaskTimeoutError,
} from "@isopool/isopool";
import { exportsThen, failing, loadHangs, loadPool, loadSpins, loadThrows, values } from "../fixtures/views.ts";
import { expectError } from "../support/expect.ts";
import { fixture, runScript } from "../support/script.ts";
import { MUST_HAPPEN, test, timed, within } from "../support/within.ts";

/** Exported, so that it can be a task of this file. */
export function cube(n: number): number {
  return n ** 3;
}

/** The tasks of a module, without types. */
const untyped = (url: string) => tasks<Record<string, () => unknown>>(url);

test("task(import.meta, fn) runs a function that this file exports", async () => {
  await using pool = new Pool(1);
  assertEquals(await pool.map(task(import.meta, cube), [1, 2, 3]), [1, 8, 27]);
});

test("task(import.meta, fn) of a function that is not exported names the exports", async () => {
  await using pool = new Pool(1);
  function hidden() {}
  const error = await within(MUST_HAPPEN, pool.submit(task(import.meta, hidden)).exception());
  const { exports, task: name } = expectError(error, TaskNotFoundError);
  assertEquals([name, exports], ["hidden", ["cube"]]);
});

test("a closure on an isolated backend is refused at the call; the message shows three ways out", async () => {
  await using pool = new Pool(1);
  const outside = 3;
  const scale = (n: number) => n * outside;
  for (const call of ["submit", "map", "apply", "starmap"] as const) {
    // deno-lint-ignore no-explicit-any -- what the types refuse
    const { message } = assertThrows(() => (pool as any)[call](scale, [1]), TypeError) as Error;
    for (const way of ["tasks<typeof import(", "task(import.meta, scale)", "inline(scale)"]) {
      assert(message.includes(way), `${way} is missing in: ${message}`);
    }
  }
  assertThrows(
    () => pool.submit(5 as never),
    TypeError,
    "a task: tasks(url).name, task(import.meta, fn) or inline(fn)",
  );
  assertEquals(pool.workerIds, []);
  assertEquals(await pool.submit(values.double, 1), 2);
});

test("an unexported name fails with the names that are exported", async () => {
  await using pool = new Pool(1);
  const url = fixture("exports_then.ts");
  const error = await within(MUST_HAPPEN, pool.submit(untyped(url).nothing).exception());
  const found = expectError(error, TaskNotFoundError);
  assertEquals([found.url, found.task, found.exports.toSorted()], [url, "nothing", ["then", "timesAsked"]]);
  for (const part of ["nothing", url, "then", "timesAsked"]) assert(found.message.includes(part), found.message);
  const inherited = await pool.submit(untyped(url)["__proto__"]).exception();
  expectError(inherited, TaskNotFoundError);
});

test("an export that is no function fails with an error that says so", async () => {
  await using pool = new Pool(1);
  const error = await within(MUST_HAPPEN, pool.submit(untyped(fixture("exports_then.ts")).version).exception());
  assert(expectError(error, TaskNotFoundError).message.includes("not a function"));
});

test("a module that exports `then` is not taken for a promise", async () => {
  await using pool = new Pool(1);
  assertEquals(await within(MUST_HAPPEN, pool.submit(exportsThen.timesAsked)), 0);
});

test("a module that throws while it loads fails the task with that as the cause, each time", async () => {
  await using pool = new Pool(1);
  for (let n = 0; n < 2; n++) {
    const error = await within(MUST_HAPPEN, pool.submit(loadThrows.port).exception());
    const { url, message, cause } = expectError(error, TaskLoadError);
    assertEquals(url, fixture("load_throws.ts"));
    assert(message.includes("no port is set") && message.includes(url), message);
    assertEquals(expectError(cause, RangeError).message, "no port is set");
  }
  assertEquals(await pool.submit(values.double, 1), 2);
});

const UNLOADABLE: Record<string, { url: string; message: RegExp }> = {
  "does not exist": { url: fixture("no_such_file.ts"), message: /no_such_file\.ts/ },
  "has a syntax error": { url: "data:text/javascript,export function broken( {", message: /SyntaxError|Unexpected/ },
  "is of no known kind": { url: "data:text/plain,hello", message: /text\/plain|Expected a Java|[Uu]nknown/ },
  "imports what does not exist": { url: fixture("load_missing.ts"), message: /nowhere/ },
  "is on a server that is not there": { url: "http://127.0.0.1:9/x.ts", message: /127\.0\.0\.1:9/ },
};
for (const [what, { url, message }] of Object.entries(UNLOADABLE)) {
  test(`a module that ${what} fails the task with TaskLoadError and a cause`, async () => {
    await using pool = new Pool(1);
    const error = await within(MUST_HAPPEN, pool.submit(untyped(url).anything).exception());
    const failed = expectError(error, TaskLoadError);
    assertEquals(failed.url, url);
    assert(message.test(failed.message), failed.message);
    assert(failed.cause instanceof Error, String(failed.cause));
    assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 1)), 2);
  }, { deadline: 60_000 });
}

test("a map whose module fails to load fails as a whole, and the pool goes on", async () => {
  await using pool = new Pool(2);
  await assertRejects(() => within(MUST_HAPPEN, pool.map(loadThrows.port as never, [1, 2, 3])), TaskLoadError);
  assertEquals(await pool.map(values.double, [1]), [2]);
});

for (const [kind, task] of [["waits for ever", loadHangs.late], ["spins", loadSpins.late]] as const) {
  test(`a module whose top level ${kind} is stopped by the task's timeout (bound: 5 s)`, async () => {
    await using pool = new Pool({ workers: 1, killGrace: 100 });
    await pool.ready();
    const { ms, error } = await timed(within(MUST_HAPPEN, pool.submit(task.with({ timeout: 200 })).result()));
    expectError(error, TaskTimeoutError);
    assert(ms < 5_300, `${ms} ms`);
    assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 1)), 2);
  });
}

test("a pool at a task module's top level is refused in the worker: the error names import.meta.main", async () => {
  await using pool = new Pool(2);
  const error = await within(MUST_HAPPEN, pool.submit(loadPool.square, 2).exception());
  const { message } = expectError(error, IsopoolError);
  assert(message.includes("import.meta.main") && message.includes("load_pool.ts"), message);
  assertEquals(await pool.submit(values.double, 1), 2);
});

test("a script without the guard ends with that error, and starts no further pools", async () => {
  const source = `
    import { Pool, task } from "@isopool/isopool";
    export function square(n) { return n * n; }
    const pool = new Pool(2);
    let most = 0;
    const watch = setInterval(() => {
      if (Deno.build.os === "linux") most = Math.max(most, [...Deno.readDirSync("/proc/self/task")].length);
    }, 5);
    try {
      console.log(await pool.map(task(import.meta, square), [1, 2, 3, 4]));
    } catch (error) {
      console.log(error.message);
    }
    await pool.terminate();
    clearInterval(watch);
    console.log(most);
  `;
  const { code, stdout, stderr, late } = await runScript(source);
  assertEquals([code, late], [0, false], stderr);
  const lines = stdout.trim().split("\n");
  assert(lines[0].includes("import.meta.main"), stdout);
  assert(Number(lines.at(-1)) < 40, `${lines.at(-1)} threads`);
});

test("the same script with the guard works", async () => {
  const { code, stdout, stderr } = await runScript(`
    import { Pool, task } from "@isopool/isopool";
    export function square(n) { return n * n; }
    if (import.meta.main) {
      await using pool = new Pool(2);
      console.log(...await pool.map(task(import.meta, square), [1, 2, 3, 4]));
    }
  `);
  assertEquals([code, stdout, stderr], [0, "1 4 9 16\n", ""]);
});

test("inline(fn) sends a self-contained function, also an async or importing one", async () => {
  await using pool = new Pool(1);
  assertEquals(await pool.submit(inline((a: number, b: number) => a + b), 1, 5), 6);
  const base = inline(async (path: string) => {
    const { basename } = await import("node:path");
    return basename(path);
  });
  assertEquals(await pool.map(base, ["/a/b", "/c"]), ["b", "c"]);
});

test("inline(fn) refuses a function without source at the call", () => {
  for (const fn of [Math.max, cube.bind(null), class {} as never]) {
    assertThrows(() => inline(fn as () => void), TypeError, "no source to send");
  }
});

test("someTask.with() makes a copy and leaves the original as it was", async () => {
  await using pool = new Pool(1);
  const patient = values.double.with({ timeout: 60_000 }).with({ retry: 1 });
  assertEquals([values.double.options, patient.options], [{}, { timeout: 60_000, retry: 1 }]);
  assertEquals(await pool.submit(patient, 4), 8);
  // deno-lint-ignore no-explicit-any -- what the types refuse
  assertThrows(() => values.double.with({ timout: 5 } as any), TypeError, "`timout`");
});

test("a function whose result is `any`, and one that never returns, are tasks like any other", async () => {
  await using pool = new Pool(1);
  // These lines are type tests first: they do not compile while either type falls out of TaskOf.
  assertEquals(await pool.submit(values.untyped, [1]), [1]);
  assertEquals(values.untyped.with({ timeout: 1_000 }).name, "untyped");
  assertEquals(failing.throwValue.with({ retry: 0 }).name, "throwValue");
});
