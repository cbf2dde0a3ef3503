import { AsyncLocalStorage } from "node:async_hooks";
import { assertEquals } from "@std/assert";
import { Pool } from "@isopool/isopool";
import { context } from "@isopool/isopool/worker";
import { contract } from "../contract/contract.ts";
import { leavesNothing } from "../support/leaks.ts";
import { test } from "../support/within.ts";

contract({
  name: "async",
  make: (options) => new Pool({ ...options, backend: "async" }),
  capabilities: {
    engine: "loop",
    parallel: false,
    isolated: false,
    sharedMemory: true,
    forcedKill: false,
    memoryLimit: false,
    permissions: false,
  },
});

const user = new AsyncLocalStorage<string>();
const USERS = ["ada", "bob", "cy", "dee"];
const where = async () => {
  await Promise.resolve();
  return user.getStore();
};

test("A closure runs in the asynchronous context of its submit: one worker, many callers, retries", async () => {
  await using pool = new Pool({ backend: "async", workers: 1, retry: 1 });
  const failed = new Set<unknown>();
  const again = async () => {
    if (failed.has(user.getStore())) return await where();
    failed.add(user.getStore());
    throw new Error("again");
  };
  const seen = await Promise.all(USERS.flatMap((name) =>
    user.run(name, () => [
      pool.submit(where),
      pool.apply(where, []),
      pool.submit(again),
      pool.map(where, [1]).then(([found]) => found),
      pool.broadcast(where).then(([found]) => found),
    ])
  ));
  assertEquals(seen, USERS.flatMap((name) => [name, name, name, name, name]));
});

test("A generator and the listeners of a signal run in the asynchronous context of their stream and submit", async () => {
  await using pool = new Pool({ backend: "async", workers: 1 });
  const streams = USERS.map((name) =>
    user.run(name, () => ({
      read: pool.stream(async function* () {
        yield await where();
      }),
    }))
  );
  for (const [i, { read }] of streams.entries()) assertEquals(await user.run("reader", () => read), [USERS[i]]);
  const aborted = Promise.withResolvers<unknown>();
  const started = Promise.withResolvers<void>();
  const future = user.run("ada", () =>
    pool.submit(async () => {
      context.signal.addEventListener("abort", () => aborted.resolve(user.getStore()));
      started.resolve();
      return await aborted.promise;
    }));
  await started.promise;
  user.run("operator", () => future.cancel());
  assertEquals(await aborted.promise, "ada");
});

test("A worker's hooks run in the asynchronous context of the code that made the pool", async () => {
  const seen: unknown[] = [];
  const hook = (() => void seen.push(user.getStore())) as never;
  const pool = user.run("owner", () => new Pool({ backend: "async", workers: 1, initializer: hook, finalizer: hook }));
  await user.run("ada", () => pool.submit(where));
  await user.run("bob", () => pool.shutdown());
  assertEquals(seen, ["owner", "owner"]);
});

leavesNothing();
