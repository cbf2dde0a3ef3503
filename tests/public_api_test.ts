import { assertEquals, assertStrictEquals } from "@std/assert";
import * as root from "@isopool/isopool";
import * as cluster from "@isopool/isopool/cluster";
import * as cli from "@isopool/isopool/cli";
import * as manager from "@isopool/isopool/manager";
import * as pooled from "@isopool/isopool/pooled";
import * as process from "@isopool/isopool/process";
import * as queue from "@isopool/isopool/queue";
import * as shared from "@isopool/isopool/shared";
import * as trace from "@isopool/isopool/trace";
import * as worker from "@isopool/isopool/worker";
import { TYPES, VALUES } from "./public_names.ts";

Deno.test("mod.ts exports these values and no others", () => {
  assertEquals(Object.keys(root).sort(), VALUES);
});

const STAR = /^export \* from "(\.\/lib\/\w+\.ts)";/gm;

/** The types that a module re-exports by name, and those of the modules that it re-exports whole. */
async function typesOf(path: string): Promise<string[]> {
  const text = await Deno.readTextFile(new URL(`../${path}`, import.meta.url));
  const names: string[] = [];
  for (const [, type, list] of text.matchAll(/^export (type )?\{([^}]+)\}/gm)) {
    for (const name of list.split(",").map((each) => each.trim()).filter((each) => each !== "")) {
      if (type || name.startsWith("type ")) names.push(name.replace(/^type /, ""));
    }
  }
  for (const [, whole] of text.matchAll(STAR)) names.push(...await typesOf(whole));
  return names;
}

Deno.test("mod.ts exports these types and no others", async () => {
  assertEquals([...new Set(await typesOf("mod.ts"))].sort(), TYPES);
});

for (
  const path of [
    "mod.ts",
    "lib/cluster.ts",
    "lib/manager.ts",
    "lib/process.ts",
    "lib/queue.ts",
    "lib/shared.ts",
    "lib/trace.ts",
  ]
) {
  Deno.test(`${path} has no logic: re-exports and nothing else`, async () => {
    const text = await Deno.readTextFile(new URL(`../${path}`, import.meta.url));
    const code = text.replace(/\/\*\*.*?\*\//gs, "").replace(STAR, "")
      .replace(/export (type )?\{[^}]+\} from "\.\/(lib\/)?[\w/.]+";/g, "");
    assertEquals(code.trim(), "");
  });
}

Deno.test("the other entry points export these values and no others", () => {
  assertEquals(Object.keys(pooled), ["Tuning", "limit", "pooled", "tune"]);
  assertEquals(Object.keys(worker), ["context"]);
  assertEquals(Object.keys(trace), ["traceHtml"]);
  assertEquals(Object.keys(cli), []);
  assertEquals(Object.keys(cluster).sort(), [
    "ClusterError",
    "LockLostError",
    "WorkerHost",
    "attach",
    "cluster",
    "serveWorker",
  ]);
  assertEquals(Object.keys(manager).sort(), [
    "DeadlockError",
    "IsopoolError",
    "Manager",
    "ManagerClosedError",
    "TransferError",
    "WaitTimeoutError",
  ]);
  assertEquals(Object.keys(process).sort(), [
    "IsopoolError",
    "Process",
    "Task",
    "TaskTimeoutError",
    "WaitTimeoutError",
    "WorkerCrashedError",
    "inline",
    "task",
    "tasks",
  ]);
  assertEquals(Object.keys(queue).sort(), [
    "Connection",
    "IsopoolError",
    "ItemLostError",
    "JoinableQueue",
    "Pipe",
    "Queue",
    "QueueClosedError",
    "SELECT",
    "TransferError",
    "WaitTimeoutError",
    "select",
  ]);
  assertEquals(Object.keys(shared).sort(), [
    "Barrier",
    "BoundedSemaphore",
    "BrokenBarrierError",
    "Condition",
    "Counter",
    "IsopoolError",
    "Lock",
    "LockAbandonedError",
    "RLock",
    "Semaphore",
    "SharedArray",
    "SharedEvent",
    "Value",
    "WaitTimeoutError",
  ]);
});

Deno.test("an entry point exports the same objects as mod.ts", () => {
  for (const entry of [manager, pooled, process, queue, shared]) {
    for (const [name, value] of Object.entries(entry)) {
      assertStrictEquals((root as Record<string, unknown>)[name], value, name);
    }
  }
});

Deno.test("deno.json has these entry points, and the import map the same", async () => {
  const read = async (name: string) => JSON.parse(await Deno.readTextFile(new URL(`../${name}`, import.meta.url)));
  const { exports } = await read("deno.json");
  assertEquals(exports, {
    ".": "./mod.ts",
    "./cli": "./lib/cli.ts",
    "./cluster": "./lib/cluster.ts",
    "./manager": "./lib/manager.ts",
    "./pooled": "./lib/pooled.ts",
    "./process": "./lib/process.ts",
    "./queue": "./lib/queue.ts",
    "./shared": "./lib/shared.ts",
    "./trace": "./lib/trace.ts",
    "./worker": "./workers/context.ts",
  });
  const { imports } = await read("npm.import_map.json");
  for (const [entry, path] of Object.entries(exports)) assertEquals(imports[`@isopool/isopool${entry.slice(1)}`], path);
});
