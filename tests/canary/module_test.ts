import { assert, assertEquals } from "@std/assert";
import { runScript } from "../support/script.ts";
import { test, within } from "../support/within.ts";
import { revisit, startBare } from "./thread.ts";

const LOADER = "lib/protocol/load_task.ts";
const then = new URL("../fixtures/tasks/exports_then.ts", import.meta.url).href;

test("awaiting import() of a module that exports `then` calls it", async () => {
  const awaited: unknown = await within(5_000, import(then));
  assertEquals(awaited, "taken for a promise", revisit("await import() calls an exported `then`", LOADER));
});

test("`export * as module` in a data: module exports the namespace of such a module untouched", async () => {
  const wrapper = `data:text/javascript,${encodeURIComponent(`export * as module from ${JSON.stringify(then)}`)}`;
  const holder = await within(5_000, import(wrapper));
  const { module } = holder;
  const fact = "a namespace inside a namespace is not taken for a promise";
  assertEquals([module.version, typeof module.then], [3, "function"], revisit(fact, LOADER));
});

test("an async function that returns such a namespace calls its `then`: it must stay inside its wrapper", async () => {
  const wrapper = `data:text/javascript,${encodeURIComponent(`export * as module from ${JSON.stringify(then)}`)}`;
  const load = async () => (await import(wrapper)).module;
  assertEquals(await within(5_000, load()), "taken for a promise", revisit("returning is resolving", LOADER));
});

test("import.meta.main is false in a module that a worker imports, and in its data: entry's imports", async () => {
  const url = `data:text/javascript,${encodeURIComponent("export const main = import.meta.main;")}`;
  const { worker, ended } = startBare(`
    const { main } = await import(${JSON.stringify(url)});
    parentPort.postMessage(main);
  `);
  const { promise, resolve } = Promise.withResolvers<unknown>();
  worker.once("message", resolve);
  const main = await within(10_000, promise);
  const fact = "import.meta.main is false in a module that a worker imports";
  assertEquals(main, false, revisit(fact, "lib/pool/pool.ts (the guard)", "README.md", "lib/task/task.ts"));
  await worker.terminate();
  await ended;
});

test("import.meta.main is false in the main script's own module when a worker imports it again", async () => {
  const { stdout, code } = await runScript(`
    import { isMainThread, Worker } from "node:worker_threads";
    console.log(isMainThread, import.meta.main);
    if (isMainThread) {
      const entry = "data:text/javascript," + encodeURIComponent("import " + JSON.stringify(import.meta.url));
      new Worker(new URL(entry));
    }
  `);
  const fact = "a re-imported main module sees import.meta.main false";
  assertEquals([code, stdout], [0, "true true\nfalse false\n"], revisit(fact, "lib/task/task.ts", "README.md"));
});

const FAILURES = "lib/future/unobserved_failures.ts";

test("a rejection made in beforeunload ends the script with code 1, if the listener calls preventDefault() once", async () => {
  const { code, stderr } = await runScript(`
    let prevented = false;
    addEventListener("beforeunload", (event) => {
      if (prevented) return;
      prevented = true;
      event.preventDefault();
      Promise.reject(new Error("left over"));
    });
  `);
  const fact = "beforeunload + preventDefault() + a rejection gives exit code 1";
  assertEquals(code, 1, revisit(fact, FAILURES));
  assert(stderr.includes("left over"), stderr);
});

test("a rejection made in beforeunload, without preventDefault() goes unnoticed: code 0", async () => {
  const { code } = await runScript(`
    addEventListener("beforeunload", () => { Promise.reject(new Error("left over")); });
  `);
  const fact = "without preventDefault() a rejection made in beforeunload is lost when nothing turns the loop again";
  assertEquals(code, 0, revisit(fact, `${FAILURES} (preventDefault() may no longer be needed)`));
});
