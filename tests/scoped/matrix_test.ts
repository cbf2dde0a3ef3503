/**
 * Every API that needs a permission: it succeeds without a scope, and is denied under `"none"` and under a scope that
 * lacks its own kind of permission only.
 */
import { assertEquals } from "@std/assert";
import { type PermissionScope, Pool, tasks } from "@isopool/isopool";
import { test, within } from "../support/within.ts";
import { openResources } from "./resources.ts";

const URL_OF = import.meta.resolve("../fixtures/tasks/operations.ts");
const { operate, request } = tasks<typeof import("../fixtures/tasks/operations.ts")>(URL_OF);
const { OPERATIONS } = await import("../fixtures/tasks/operations.ts");

/** The errors of denied operations for which Deno does not throw `NotCapable`. */
const OTHER_ERRORS: Record<string, string> = {
  "import of a JSON module": "TypeError: Requires read access",
  "import of a module that the entry does not name": "TypeError: Requires read access",
  "a sub-worker": "Error: Uncaught (in promise) NotCapable: Requires read access",
  "a sub-worker from a file": "Error: Requires read access",
  // Thrown outside of the task, where the task cannot catch it.
  "node:net listen": "WorkerCrashedError: NotCapable: Requires net access",
  "node:dgram bind": "WorkerCrashedError: NotCapable: Requires net access",
  "node:dns lookup": "Error: getaddrinfo EPERM",
  "import of an http: module": "TypeError: Requires import access",
  "import by way of a data: module": "TypeError: Requires import access",
};

const ALL: PermissionScope = {
  read: true,
  write: true,
  net: true,
  env: true,
  run: true,
  ffi: true,
  sys: true,
  import: true,
};

// Cuts off the part of a message that names the machine.
function short(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (cause !== undefined && name === "WorkerCrashedError") return `${name}: ${short(cause)}`;
  return `${name}: ${message}`.replace(/( access| EPERM)[^]*$/, "$1");
}

for (const [kind, operations] of Object.entries(OPERATIONS)) {
  test(`${kind}: each API succeeds without a scope, and is denied under one`, async () => {
    await using resources = await openResources();
    const { folder, port, variable } = resources;
    const attempt = async (pool: Pool, name: string) => {
      const result = pool.submit(operate.with({ timeout: 10_000 }), kind, name, { folder, port, variable });
      try {
        const value = await within(20_000, result, name);
        return value === undefined || value === false ? "nothing" : "done";
      } catch (error) {
        // The error must have the same class as in this isolate.
        if ((error as Error).name === "NotCapable" && !(error instanceof Deno.errors.NotCapable)) {
          return "another class";
        }
        return short(error);
      }
    };
    await using free = new Pool({ workers: 1 });
    await using none = new Pool({ workers: 1, permissions: "none" });
    await using others = new Pool({ workers: 1, permissions: { ...ALL, [kind]: false } });
    const seen: Record<string, string[]> = {};
    const expected: Record<string, string[]> = {};
    for (const name of Object.keys(operations)) {
      seen[name] = [await attempt(free, name), await attempt(none, name), await attempt(others, name)];
      const denied = OTHER_ERRORS[name] ?? `NotCapable: Requires ${kind} access`;
      expected[name] = ["done", denied, denied];
    }
    Object.assign(expected, EXCEPTIONS[kind]);
    assertEquals(seen, expected);
  }, { deadline: 120_000 });
}

/** Operations that need another kind of permission as well. */
const EXCEPTIONS: Record<string, Record<string, string[]>> = {
  read: {
    "node:process loadEnvFile": ["done", "NotCapable: Requires env access", "NotCapable: Requires read access"],
  },
  write: {
    "node:sqlite of a new file": ["done", "NotCapable: Requires read access", "NotCapable: Requires write access"],
  },
  run: {
    "node:child_process execFileSync": ["done", "NotCapable: Requires env access", "Error: Command failed: echo text"],
    "node:child_process spawn": ["done", "NotCapable: Requires env access", "NotCapable: Requires run access"],
  },
};

test("a task that requests a permission does not get it", async () => {
  const kinds: Deno.PermissionDescriptor[] = [
    { name: "read" },
    { name: "read", path: "/etc" },
    { name: "write" },
    { name: "net", host: "127.0.0.1" },
    { name: "env" },
    { name: "run", command: "true" },
    { name: "ffi" },
    { name: "sys" },
  ];
  await using free = new Pool({ workers: 1 });
  assertEquals(await free.map(request, kinds), kinds.map(() => "granted"));
  await using scoped = new Pool({ workers: 1, permissions: "none" });
  // Without a terminal, the runtime shows no prompt.
  assertEquals(await scoped.map(request, kinds), kinds.map(() => "denied"));
}, { ignore: Deno.stdin.isTerminal() && "stdin is a terminal" });

test("a list of grants gives what it names and no more, whatever the API", async () => {
  await using resources = await openResources();
  const { folder, port, variable } = resources;
  await using pool = new Pool({
    workers: 1,
    permissions: { read: [`${folder}/text.txt`], net: [`127.0.0.1:${port}`], env: [variable], run: ["true"] },
  });
  const attempt = (kind: string, name: string) =>
    pool.submit(operate, kind, name, { folder, port, variable }).then(() => "done", short);
  const seen: Record<string, string> = {};
  for (
    const [kind, name] of [
      ["read", "Deno.readTextFile"],
      ["read", "node:fs readFileSync"],
      ["read", "Deno.readDir"],
      ["read", "node:sqlite of a file"],
      ["net", "fetch"],
      ["net", "node:http get"],
      ["net", "Deno.listen"],
      ["env", "Deno.env.get"],
      ["env", "node:process env"],
      ["env", "Deno.env.toObject"],
      ["run", "Deno.Command.spawn"],
      ["write", "node:fs writeFileSync"],
    ]
  ) seen[name] = await attempt(kind, name);
  assertEquals(seen, {
    "Deno.readTextFile": "done",
    "node:fs readFileSync": "done",
    "Deno.readDir": "NotCapable: Requires read access",
    "node:sqlite of a file": "NotCapable: Requires read access",
    "fetch": "done",
    "node:http get": "done",
    "Deno.listen": "NotCapable: Requires net access",
    "Deno.env.get": "done",
    "node:process env": "done",
    "Deno.env.toObject": "NotCapable: Requires env access",
    "Deno.Command.spawn": "done",
    "node:fs writeFileSync": "NotCapable: Requires write access",
  });
});
