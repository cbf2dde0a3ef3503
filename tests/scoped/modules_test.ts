import { assert, assertEquals, assertRejects } from "@std/assert";
import { inline, Pool, TaskLoadError, TaskNotFoundError, tasks } from "@isopool/isopool";
import { gated, values } from "../fixtures/views.ts";
import { expectError } from "../support/expect.ts";
import { Gate } from "../support/gate.ts";
import { MUST_HAPPEN, test, until, within } from "../support/within.ts";

const url = (name: string) => import.meta.resolve(`../fixtures/tasks/${name}.ts`);
const scoped = tasks<typeof import("../fixtures/tasks/scoped.ts")>(url("scoped"));

test("a local module, its imports and its literal import() load under a scope without read", async () => {
  await using pool = new Pool({ workers: 1, permissions: "none" });
  assertEquals(await pool.submit(scoped.quadruple, 4), 16);
  assertEquals(await pool.submit(scoped.lazily), 8);
});

test("a module that is submitted later loads as well, also while workers are busy, and no call is lost", async () => {
  await using pool = new Pool({ workers: 2, permissions: "none" });
  await using gate = new Gate();
  const held = pool.submit(gated.hold, gate.words, "held");
  await gate.entered();
  const waiting = Array.from({ length: 200 }, (_, n) => pool.submit(gated.enter, gate.words).then(() => n));
  const results = pool.map(values.double, Array.from({ length: 500 }, (_, n) => n));
  assertEquals(await within(MUST_HAPPEN, pool.submit(scoped.quadruple, 1)), 4);
  assertEquals(await within(MUST_HAPPEN, pool.submit(inline((n: number) => n + 1), 1)), 2);
  assertEquals((await within(MUST_HAPPEN, Promise.all(waiting))).length, 200);
  assertEquals((await within(MUST_HAPPEN, results)).length, 500);
  assertEquals(held.state, "running");
  gate.open();
  assertEquals(await held, "held");
  assertEquals(gate.count, 201);
});

test("workers are replaced only when a module is new", async () => {
  await using pool = new Pool({ workers: 2, permissions: "none" });
  await pool.ready();
  assertEquals([...pool.workerIds], [1, 2]);
  await pool.submit(inline(() => 1));
  assertEquals([...pool.workerIds], [1, 2]);
  await pool.submit(scoped.quadruple, 1);
  await until(() => !pool.workerIds.includes(1) && !pool.workerIds.includes(2), "both were replaced");
  await pool.ready();
  const ids = pool.workerIds;
  await pool.submit(scoped.lazily);
  assertEquals(pool.workerIds, ids);
});

test("a module with an export called then, and a builtin one, load under a scope", async () => {
  await using pool = new Pool({ workers: 1, permissions: "none" });
  const thenable = tasks<typeof import("../fixtures/tasks/exports_then.ts")>(url("exports_then"));
  assertEquals(await pool.submit(thenable.timesAsked), 0);
  assertEquals(await pool.submit(tasks<typeof import("node:path")>("node:path").basename, "/a/b"), "b");
});

test("loading fails with the same errors as in a thread, and does not affect other modules", async () => {
  await using pool = new Pool({ workers: 1, permissions: "none" });
  // deno-lint-ignore no-explicit-any -- modules that cannot be loaded have no types
  const of = (name: string): any => tasks(url(name));
  for (const name of ["load_missing", "load_throws", "no_such_file"]) {
    const error = expectError(await pool.submit(of(name).anything).exception(), TaskLoadError);
    assertEquals(error.url, url(name));
  }
  // deno-lint-ignore no-explicit-any -- a name that the module does not have
  await assertRejects(() => pool.submit((scoped as any).missing), TaskNotFoundError);
  assertEquals(await pool.submit(scoped.quadruple, 2), 8);
});

test("a pool inside of a scoped task cannot load local workers: it breaks, and does not hang", async () => {
  await using pool = new Pool({ workers: 1, permissions: "none" });
  const nested = inline(async (library: string) => {
    const { Pool, inline } = await import(library);
    await using inner = new Pool({ workers: 1 });
    return await inner.submit(inline(() => 1));
  });
  const error = await within(MUST_HAPPEN, pool.submit(nested, import.meta.resolve("@isopool/isopool")).exception());
  // The entry does not name the library itself.
  assert(String(error).includes("Requires read access"), String(error));
});
