import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import * as classes from "../../lib/core/errors.ts";
import * as isopool from "@isopool/isopool";

const cause = new Error("why");
const url = "file:///m.ts";

const made: [Error, Record<string, unknown>][] = [
  [new classes.IsopoolError("m", { cause }), {}],
  [new classes.BrokenPoolError("m", { cause }), {}],
  [
    new classes.WorkerCrashedError("m", { cause, reason: "exit", exitCode: 7, signal: "SIGKILL" }),
    { reason: "exit", exitCode: 7, signal: "SIGKILL" },
  ],
  [new classes.TaskTimeoutError("m", { cause, timeout: 500 }), { timeout: 500 }],
  [
    new classes.TaskNotFoundError("m", { cause, url, task: "a", exports: ["b", "c"] }),
    { url, task: "a", exports: ["b", "c"] },
  ],
  [new classes.TaskLoadError("m", { cause, url }), { url }],
  [
    new classes.TransferError("m", { cause, direction: "argument", path: "args[0].socket" }),
    { direction: "argument", path: "args[0].socket" },
  ],
  [new classes.WaitTimeoutError("m", { cause }), {}],
  [new classes.PermissionScopeError("m", { cause, flag: "--allow-net" }), { flag: "--allow-net" }],
  [new classes.QueueClosedError("m", { cause, value: 7 }), { value: 7 }],
  [new classes.ItemLostError("m", { cause, tickets: [3] }), { tickets: [3] }],
  [new classes.PoolClosedError("m", { cause }), {}],
  [new classes.QueueFullError("m", { cause }), {}],
  [new classes.CancelledError("m", { cause }), {}],
  [new classes.LockAbandonedError("m", { cause, recoverable: true }), { recoverable: true }],
  [new classes.LockLostError("m", { cause }), {}],
  [new classes.BrokenBarrierError("m", { cause }), {}],
  [new classes.ManagerClosedError("m", { cause }), {}],
  [new classes.DeadlockError("m", { cause }), {}],
  [new classes.CheckpointError("m", { cause }), {}],
  [new classes.ClusterError("m", { cause }), {}],
  [
    new classes.StageError("m", { cause, stage: 2, function: "parse", item: "x" }),
    { stage: 2, function: "parse", item: "x" },
  ],
];

for (const [error, fields] of made) {
  const name = error.constructor.name;
  Deno.test(`${name} has its name, its base, its fields and a cause`, () => {
    assertEquals(error.name, name);
    assertEquals(error.message, "m");
    assert(error instanceof classes.IsopoolError && error instanceof Error);
    assertStrictEquals(error.cause, cause);
    for (const [key, value] of Object.entries(fields)) {
      assertEquals((error as unknown as Record<string, unknown>)[key], value);
    }
    assert(error.stack!.startsWith(`${name}: m`), error.stack);
  });
}

Deno.test("every error class is tested here and exported from mod.ts", () => {
  const all = Object.keys(classes).sort();
  assertEquals(made.map(([error]) => error.constructor.name).sort(), all);
  for (const name of all) {
    assertStrictEquals((isopool as Record<string, unknown>)[name], (classes as Record<string, unknown>)[name]);
  }
});

Deno.test("an error without a cause has no own `cause`", () => {
  assertEquals(Object.hasOwn(new classes.IsopoolError("m"), "cause"), false);
  assertEquals(Object.hasOwn(new classes.TaskTimeoutError("m", { timeout: 1 }), "cause"), false);
});

Deno.test("WorkerCrashedError has an undefined exit code and signal if the worker had none", () => {
  const error = new classes.WorkerCrashedError("m", { reason: "oom" });
  assertEquals([error.reason, error.exitCode, error.signal], ["oom", undefined, undefined]);
});
