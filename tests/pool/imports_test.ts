/** What importing the library evaluates, seen by import maps that replace files by modules which throw when they are evaluated. */
import { assertEquals } from "@std/assert";
import { runScript } from "../support/script.ts";
import { test } from "../support/within.ts";

/** Entries of an import map for files of the library and modules of Node's. */
function throwing(...names: string[]): Record<string, string> {
  const url = (name: string) => name.startsWith("node:") ? name : import.meta.resolve(`../../lib/${name}`);
  const thrower = (name: string) => `data:text/javascript,throw new Error("evaluated ${encodeURIComponent(name)}")`;
  return Object.fromEntries(names.map((name) => [url(name), thrower(name)]));
}

const PROCESSES = throwing("transport/process_workers.ts");
const OTHERS = throwing(
  ...["dashboard", "telemetry", "trace"].map((name) => `observe/${name}.ts`),
  ...["child_process", "crypto", "fs", "http", "net", "os", "path", "process", "url"].map((name) => `node:${name}`),
);

const THREADS = `
import { inline, Lock, Manager, Pool, pooled, Process, Queue, stages, tune } from "@isopool/isopool";
await using pool = new Pool(1);
console.log(await pool.submit(inline((n) => n * n), 4));
console.log(await pooled([1, 2], (n) => n + 1));
console.log(await new Process(inline(() => 5), []).start().result());
`;

test("a script without worker processes evaluates none of their code, and no module of Node's that loads slowly", async () => {
  const { stdout, stderr, code } = await runScript(THREADS, { imports: { ...PROCESSES, ...OTHERS } });
  assertEquals([stdout, stderr, code], ["16\n[ 2, 3 ]\n5\n", "", 0]);
});

test("the first call of a script is not run if a signal aborts in its turn: the timers are loaded by then", async () => {
  for (
    const start of [
      "limit({ concurrency: 1, signal })(() => { called++; })",
      'new Pool({ backend: "async", workers: 1 }).submit(inline(() => { called++; }).with({ signal }))',
    ]
  ) {
    const source = `
import { inline, limit, Pool, pooled } from "@isopool/isopool";
const controller = new AbortController();
const { signal } = controller;
let called = 0;
const call = ${start}.then(String, (error) => error.message);
controller.abort(new Error("too late"));
console.log(await call, called);
`;
    const { stdout, stderr } = await runScript(source);
    assertEquals([stdout, stderr], ["too late 0\n", ""], start);
  }
});

test("the code of worker processes loads although the script has given up its permission to read", async () => {
  const source = `
import { inline, Pool } from "@isopool/isopool";
await using pool = new Pool({ backend: "process", workers: 1 });
await Deno.permissions.revoke({ name: "read" });
console.log(await pool.submit(inline(() => 1)));
`;
  const { stdout, stderr, code } = await runScript(source, { permissions: ["-A", "--no-prompt"] });
  assertEquals([stdout, stderr, code], ["1\n", "", 0]);
});

test("a pool of worker processes evaluates their code with its first worker, and breaks if that fails", async () => {
  const source = `
import { inline, Pool } from "@isopool/isopool";
await using pool = new Pool({ backend: "process", workers: 1 });
await pool.submit(inline(() => 1)).result().catch((error) => console.log(error.name, error.message));
`;
  const { stdout, code } = await runScript(source, { imports: PROCESSES });
  assertEquals([stdout, code], [
    "BrokenPoolError Pool is broken: 3 workers in a row died before they took a task: Error: evaluated " +
    "transport/process_workers.ts\n",
    0,
  ]);
});

interface ModuleInfo {
  specifier: string;
  dependencies?: { isDynamic?: boolean; code?: { specifier?: string } }[];
}

/** URLs of the modules of this package that a module imports, with what those import. */
async function importsOf(module: string): Promise<string[]> {
  const args = ["info", "--json", "--import-map=npm.import_map.json", module];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args, stdin: "null", stderr: "inherit" }).output();
  const { roots: [root], modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
    roots: string[];
    modules: ModuleInfo[];
  };
  const direct = (url: string) =>
    (modules.find(({ specifier }) => specifier === url)?.dependencies ?? [])
      .filter(({ isDynamic, code }) => !isDynamic && code?.specifier?.startsWith("file:"))
      .map(({ code }) => code!.specifier!);
  const all = new Set([root]);
  for (const url of all) for (const imported of direct(url)) all.add(imported);
  all.delete(root);
  return [...all];
}

test("a worker process evaluates no shared memory at its start, and none of what makes errors of their records", async () => {
  const all = await importsOf(import.meta.resolve("../../workers/process.ts"));
  const names = ["call_table", "doorbell", "value_ring", "batch_ring", "error_decoder", "snapshot"];
  const unneeded = [...names.map((name) => `protocol/${name}.ts`), "core/errors.ts", "shared/owner_table.ts"]
    .map((name) => import.meta.resolve(`../../lib/${name}`));
  assertEquals(all.filter((url) => unneeded.includes(url)), []);
});
