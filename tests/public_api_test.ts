import { assertEquals, assertStrictEquals } from "@std/assert";
import * as root from "@isopool/isopool";
import * as pooled from "@isopool/isopool/pooled";
import * as worker from "@isopool/isopool/worker";

const VALUES = [
  "Barrier",
  "BoundedSemaphore",
  "BrokenBarrierError",
  "BrokenPoolError",
  "CancelledError",
  "Condition",
  "Connection",
  "Counter",
  "DeadlockError",
  "Future",
  "IsopoolError",
  "ItemLostError",
  "JoinableQueue",
  "Lock",
  "LockAbandonedError",
  "Manager",
  "ManagerClosedError",
  "PermissionScopeError",
  "Pipe",
  "Pool",
  "PoolClosedError",
  "Process",
  "Queue",
  "QueueClosedError",
  "QueueFullError",
  "RLock",
  "Results",
  "SELECT",
  "Semaphore",
  "SharedArray",
  "SharedEvent",
  "SharedValue",
  "Task",
  "TaskGroup",
  "TaskLoadError",
  "TaskNotFoundError",
  "TaskTimeoutError",
  "TransferError",
  "Tuning",
  "Value",
  "WaitTimeoutError",
  "WorkerCrashedError",
  "activeWorkers",
  "asCompleted",
  "cpuCount",
  "inline",
  "limit",
  "map",
  "move",
  "pooled",
  "select",
  "task",
  "tasks",
  "tune",
  "wait",
];

const TYPES = [
  "AdaptiveOptions",
  "AnyClass",
  "AnyFunction",
  "ApplyOptions",
  "Args",
  "AsCompletedOptions",
  "BackendName",
  "BlockLimits",
  "CancelOptions",
  "Capabilities",
  "Closure",
  "Completed",
  "ConditionOptions",
  "DeathReason",
  "DictKey",
  "DictProxy",
  "Distribution",
  "FutureState",
  "Got",
  "Guard",
  "Handle",
  "ImapOptions",
  "Input",
  "LimitContext",
  "LimitOptions",
  "Limiter",
  "ListProxy",
  "LockBlockOptions",
  "LockOptions",
  "ManagedProxy",
  "MapOptions",
  "NamespaceProxy",
  "Of",
  "OnError",
  "PermissionScope",
  "PipeOptions",
  "PoolEventMap",
  "PoolLifecycle",
  "PoolOptions",
  "PoolState",
  "PoolStats",
  "PooledContext",
  "PooledOptions",
  "ProcessOptions",
  "ProcessReason",
  "ProgressOptions",
  "ProgressSink",
  "ProgressState",
  "Proxied",
  "QueueOptions",
  "RateOptions",
  "ReentrantGuard",
  "RetryOptions",
  "ReturnWhen",
  "Returned",
  "RunOptions",
  "Runnable",
  "Selectable",
  "Selected",
  "Selection",
  "Shared",
  "ShutdownOptions",
  "StreamTask",
  "TaskEventDetail",
  "TaskOf",
  "TaskOptions",
  "TaskSource",
  "Tasks",
  "TuneOptions",
  "TunePoint",
  "ValueProxy",
  "ValueType",
  "ViewOf",
  "WaitLimits",
  "WaitOptions",
  "WaitResult",
  "WorkerEventDetail",
];

Deno.test("mod.ts exports these values and no others", () => {
  assertEquals(Object.keys(root).sort(), VALUES);
});

Deno.test("mod.ts exports these types and no others", async () => {
  const text = await Deno.readTextFile(new URL("../mod.ts", import.meta.url));
  const names: string[] = [];
  for (const [, type, list] of text.matchAll(/^export (type )?\{([^}]+)\}/gm)) {
    for (const name of list.split(",").map((each) => each.trim()).filter((each) => each !== "")) {
      if (type || name.startsWith("type ")) names.push(name.replace(/^type /, ""));
    }
  }
  assertEquals(names.sort(), TYPES);
});

Deno.test("mod.ts has no logic: re-exports by name and nothing else", async () => {
  const text = await Deno.readTextFile(new URL("../mod.ts", import.meta.url));
  const code = text.replace(/\/\*\*.*?\*\//gs, "").replace(/export (type )?\{[^}]+\} from "\.\/lib\/[\w/.]+";/g, "");
  assertEquals(code.trim(), "");
});

Deno.test("the other entry points export these values and no others", () => {
  assertEquals(Object.keys(pooled), ["Tuning", "limit", "pooled", "tune"]);
  assertEquals(Object.keys(worker), ["context"]);
  assertStrictEquals(pooled.pooled, root.pooled);
  assertStrictEquals(pooled.limit, root.limit);
});

Deno.test("deno.json has these entry points, and the import map the same", async () => {
  const read = async (name: string) => JSON.parse(await Deno.readTextFile(new URL(`../${name}`, import.meta.url)));
  const { exports } = await read("deno.json");
  assertEquals(exports, { ".": "./mod.ts", "./pooled": "./lib/pooled.ts", "./worker": "./workers/context.ts" });
  const { imports } = await read("npm.import_map.json");
  for (const [entry, path] of Object.entries(exports)) assertEquals(imports[`@isopool/isopool${entry.slice(1)}`], path);
});
