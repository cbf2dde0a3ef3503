import { assert, assertEquals } from "@std/assert";
import { Pool } from "@isopool/isopool";
import { hungry } from "../fixtures/views.ts";
import { leavesNothing } from "../support/leaks.ts";
import { test } from "../support/within.ts";

test("env: workers have the given variables and no others; the script's own environment stays as it is", async () => {
  const env = { PLACE: "inside" };
  await using pool = new Pool({ workers: 2, env });
  env.PLACE = "changed";
  for (const seen of await pool.broadcast(hungry.environment, "PLACE")) assertEquals(seen, ["inside", ["PLACE"]]);
  assertEquals(Deno.env.get("PLACE"), undefined);
  await pool.restart();
  assertEquals((await pool.submit(hungry.environment, "PLACE"))[0], "inside");
});

test("env: an empty one hides everything", async () => {
  await using pool = new Pool({ workers: 1, env: {} });
  assertEquals(await pool.submit(hungry.environment, "PATH"), [undefined, []]);
});

test("env: without it, each worker has its own copy of the script's environment", async () => {
  await using pool = new Pool({ workers: 2 });
  await pool.ready();
  const [path, names] = await pool.submit(hungry.environment, "PATH");
  assertEquals(path, Deno.env.get("PATH"));
  assert(names.length > 1);
  const mine = { affinityKey: "mine" };
  await pool.submit(hungry.setEnvironment.with(mine), "ISOPOOL_TEST", "mine");
  assertEquals((await pool.submit(hungry.environment.with(mine), "ISOPOOL_TEST"))[0], "mine");
  const all = await pool.broadcast(hungry.environment, "ISOPOOL_TEST");
  assertEquals(all.map(([value]: [string | undefined, string[]]) => value ?? "none").sort(), ["mine", "none"]);
  assertEquals(Deno.env.get("ISOPOOL_TEST"), undefined);
});

leavesNothing();
