/** Queues, pipes and managers in worker processes: what a hostile task, a nested pool and the end of a process can do. */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { type Connection, Lock, Manager, Pipe, Pool, Queue, tasks, TransferError } from "@isopool/isopool";
import { leavesNothing } from "../support/leaks.ts";
import { MUST_HAPPEN, test, within } from "../support/within.ts";

const own = tasks<typeof import("./remote_tasks.ts")>(import.meta.resolve("./remote_tasks.ts"));

test("a task reaches no object that its worker was not given, and no method that is not in the table", async () => {
  await using pool = new Pool({ backend: "process", workers: 1, permissions: "none" });
  const [given, other] = [new Queue<number>(), new Queue<number>()];
  await using stranger = new Pool({ backend: "process", workers: 1 });
  await stranger.submit(own.forge, other, 1, "put", [1]);
  assertEquals([await other.get(), other.size], [1, 0]);
  for (const id of [0, 2, 3, 2 ** 40]) {
    const [name, message] = await within(MUST_HAPPEN, pool.submit(own.forge, given, id, "put", [1])) as string[];
    assertEquals([name, message.includes("was not given it")], ["IsopoolError", true]);
  }
  for (const method of ["constructor", "__proto__", "toString", "channel", "handle", "then", ""]) {
    assertEquals((await pool.submit(own.forge, given, 1, method, []) as string[])[0], "TypeError");
  }
  for (const timeout of [-1, NaN, "soon", {}]) {
    const [name] = await pool.submit(own.forge, given, 1, "take", [timeout]) as string[];
    assert(["TypeError", "RangeError"].includes(name), name);
  }
  assertEquals([given.size, other.size], [0, 0]);
});

test("a task that has one object of a manager reaches no other one, by no id of objects or transactions", async () => {
  using manager = new Manager();
  const [open, secret] = [manager.list<unknown>(["open"]), manager.list<unknown>(["secret"])];
  await open.length(); // Both were made.
  await using pool = new Pool({ backend: "process", workers: 1, permissions: "none" });
  const inside = Promise.withResolvers<void>(), mayEnd = Promise.withResolvers<void>();
  const transaction = secret.transaction(async () => {
    inside.resolve();
    await mayEnd.promise;
    return await secret.toArray();
  });
  await inside.promise;
  const reached = await pool.submit(own.guess, open, 1);
  await pool.terminate();
  mayEnd.resolve();
  assertEquals(await transaction, ["secret"]);
  assertEquals(await secret.toArray(), ["secret"]);
  // What it has may be changed, so what it changed is the one list; its transaction ended with it.
  assert(reached.every((request) => /^\["(call|begin|end)"/.test(request)), reached.join(" "));
  assertEquals((await open.toArray()).filter((item) => item !== "forged"), []);
  await open.transaction(() => open.push("mine"), { timeout: MUST_HAPPEN });
});

test("requests with lists of length 2^32 - 1 are refused within 5 s", async () => {
  using manager = new Manager();
  await using pool = new Pool({ backend: "process", workers: 1, permissions: "none" });
  const refused = await within(5_000, pool.submit(own.forgeEndless, manager.list([1]), 1)) as [string, string][];
  assertEquals(refused.map(([name]) => name), ["IsopoolError", "IsopoolError", "IsopoolError"]);
});

test("an end of a pipe is sent once, whatever a task does", async () => {
  await using pool = new Pool({ backend: "process", workers: 1 });
  const results = new Queue<Connection<string>>();
  const [here, there] = Pipe<string>();
  const said = await pool.submit(own.sendTwice, there, results as Queue<unknown>);
  assert(said.includes("has sent it before"), said);
  const end = await results.get();
  await end.send("still here");
  assertEquals([await here.recv(), results.size], ["still here", 0]);
});

test("objects that a task has made stay in its process, and the error says what to do", async () => {
  await using pool = new Pool({ backend: "process", workers: 1 });
  for (const name of ["queue", "joinable", "manager", "list", "lock"]) {
    const error = await pool.submit(own.make, name).exception() as Error;
    assertInstanceOf(error, TransferError, String(error));
    assert(/make it in the script|is memory of one process/.test(error.message), error.message);
  }
  const error = await pool.submit(own.throwWithLock).exception() as Error & { code?: number };
  assertEquals([error.name, error.message, error.code], ["RangeError", "with a lock", 5]);
});

test("an object of the script goes no further than its process, and the error says so", async () => {
  await using pool = new Pool({ backend: "process", workers: 1 });
  for (const text of await pool.submit(own.handOn, new Queue<number>())) {
    assert(text.includes("belongs to the script that started this worker process"), text);
  }
}, { deadline: 60_000 });

test("an item that cannot reach a process fails the get with its path, and the queue goes on", async () => {
  await using pool = new Pool({ backend: "process", workers: 1 });
  const queue = new Queue<unknown>();
  await queue.put({ held: new Lock() });
  await queue.put("next");
  const [name, message] = await pool.submit(own.take, queue) as string[];
  assertEquals(name, "TransferError");
  assert(message.includes("transaction()"), message);
  assertEquals(await pool.submit(own.take, queue), "next");
});

test("a queue between a thread and a process: the script only passes it on", async () => {
  await using threads = new Pool(1);
  await using processes = new Pool({ backend: "process", workers: 1 });
  const queue = new Queue<unknown>();
  const taken = threads.submit(own.take, queue);
  await processes.submit(own.forge, queue, 1, "put", [new Uint8Array(3_000_000).fill(5)]);
  assertEquals((await within(MUST_HAPPEN, taken) as Uint8Array).length, 3_000_000);
});

test(
  "10,000 calls of a process wait at most: a task that makes more gets an error, and the script goes on",
  async () => {
    await using pool = new Pool({ backend: "process", workers: 1, killGrace: 0 });
    const queue = new Queue<number>({ maxSize: 1 });
    const [name, message] = await pool.submit(own.flood, queue, 10_200);
    assert(name === "IsopoolError" && message.includes("10000 calls"), message);
    assertEquals(await queue.get(), 0);
  },
  { deadline: 60_000 },
);

test("the wait of a task that has ended does not keep the script alive", async () => {
  const text = `
    import { inline, Pool, Queue } from ${JSON.stringify(import.meta.resolve("../../mod.ts"))};
    const pool = new Pool({ backend: "process", workers: 1 });
    const queue = new Queue();
    console.log(await pool.submit(inline((queue) => { queue.get({ timeout: 1e8 }); return queue.tryGet().state; }), queue));`;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "--import-map=npm.import_map.json",
      `data:text/javascript,${encodeURIComponent(text)}`,
    ],
    stdin: "null",
  }).output();
  const { stdout, code } = await within(20_000, child);
  assertEquals([new TextDecoder().decode(stdout), code], ["empty\n", 0]);
});

leavesNothing();
