import { assert, assertEquals, assertRejects } from "@std/assert";
import { Pool, tasks } from "@isopool/isopool";
import { TaskLoadError, TaskNotFoundError } from "../../lib/core/errors.ts";
import { isolateState } from "../../lib/core/isolate_state.ts";
import { loadTask } from "../../lib/protocol/load_task.ts";
import { turn, within } from "../support/within.ts";

function module(source: string): string {
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

async function refusal<E extends Error>(source: { url: string; name: string }, kind: new (...args: never[]) => E) {
  // deno-lint-ignore no-explicit-any -- std is untyped through the npm import map
  return await assertRejects(() => within(10_000, loadTask(source)), kind as any) as unknown as E;
}

Deno.test("loadTask() finds an export, the default one too", async () => {
  const url = module("export const double = (n) => n * 2; export default (n) => n + 1");
  assertEquals((await loadTask({ url, name: "double" }))(4), 8);
  assertEquals((await loadTask({ url, name: "default" }))(4), 5);
});

Deno.test("loadTask() makes a function of a source", async () => {
  assertEquals((await loadTask({ source: "(a, b) => a + b // end" }))(1, 2), 3);
  assertEquals((await loadTask({ source: "function f(n) { return n < 2 ? 1 : n * f(n - 1) }" }))(5), 120);
});

Deno.test("loadTask(): a missing export is named, with the functions that there are", async () => {
  const url = module("export function a() {} export const b = () => 1; export const c = 5; export class D {}");
  const error = await refusal({ url, name: "missing" }, TaskNotFoundError);
  assertEquals([error.url, error.task, error.exports], [url, "missing", ["D", "a", "b"]]);
  assert(error.message.includes('"missing"') && error.message.includes('no such export: it exports "D", "a", "b"'));
});

Deno.test("loadTask(): the error for an export that is no function says what it is", async () => {
  const url = module("export const c = 5");
  const error = await refusal({ url, name: "c" }, TaskNotFoundError);
  assert(error.message.endsWith("that export is 5, not a function: it exports no function"), error.message);
});

Deno.test("loadTask(): names of Object.prototype are no exports", async () => {
  for (const name of ["toString", "constructor", "__proto__", "hasOwnProperty"]) {
    const error = await refusal({ url: module("export const a = () => 1"), name }, TaskNotFoundError);
    assert(error.message.includes("no such export"), error.message);
  }
});

Deno.test("loadTask(): a module that exports `then` is not taken for a promise", async () => {
  const url = module("export function then() { throw new Error('called') } export const task = () => 'fine'");
  assertEquals((await within(10_000, loadTask({ url, name: "task" })))(), "fine");
  assertEquals(typeof await loadTask({ url, name: "then" }).then((fn) => fn), "function");
});

const broken: [string, string, string][] = [
  ["throws an error", "throw new RangeError('at the top')", "RangeError: at the top"],
  ["throws no error", "throw 5", "5"],
  ["rejects at the top", "await Promise.reject(new TypeError('later'))", "TypeError: later"],
  ["does not parse", "export const = 5", "SyntaxError"],
  ["imports what is not there", "import 'file:///no/such/module.ts'", "file:///no/such/module.ts"],
];
for (const [what, source, reason] of broken) {
  Deno.test(`loadTask(): a module that ${what} is a TaskLoadError with the cause`, async () => {
    const url = module(source);
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = await refusal({ url, name: "a" }, TaskLoadError);
      assertEquals(error.url, url);
      assert(error.message.startsWith(`Cannot load task module ${url}: `), error.message);
      assert(error.message.includes(reason), error.message);
      assert("cause" in error);
    }
    assertEquals(isolateState.loading, undefined);
  });
}

Deno.test("loadTask(): a module that does not exist is a TaskLoadError that names it", async () => {
  const url = import.meta.resolve("./no_such_module.ts");
  const error = await refusal({ url, name: "a" }, TaskLoadError);
  assert(error.message.includes(url));
});

Deno.test("a script may create pools while its async pool loads a module", async () => {
  await using pool = new Pool({ backend: "async" });
  const slow = tasks<{ ready(): number }>(
    module("export const ready = () => 1; await new Promise((r) => setTimeout(r, 50))"),
  );
  const future = pool.submit(slow.ready);
  await turn();
  let refused: unknown;
  try {
    await using _other = new Pool({ backend: "async" });
  } catch (error) {
    refused = error;
  }
  assertEquals(await within(10_000, future), 1);
  assertEquals(refused, undefined);
});
