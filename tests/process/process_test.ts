/** `Process` on the worker backend: one task in a worker of its own. */
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import {
  activeWorkers,
  CancelledError,
  Counter,
  inline,
  IsopoolError,
  Lock,
  LockAbandonedError,
  Pool,
  Process,
  Queue,
  TransferError,
  Value,
  WaitTimeoutError,
  WorkerCrashedError,
} from "@isopool/isopool";
import v8 from "node:v8";
import vm from "node:vm";
import { expectError } from "../support/expect.ts";
import { onLinux, threads } from "../support/proc.ts";
import { runScript } from "../support/script.ts";
import { MUST_HAPPEN, test, until, within } from "../support/within.ts";

v8.setFlagsFromString("--expose-gc");
const collectGarbage: () => void = vm.runInNewContext("gc");

const add = inline((counter: Counter, n: number) => {
  counter.add(n);
  return n;
});
const spin = inline((started: Counter, thread?: Value<"i32">) => {
  if (Deno.build.os === "linux") thread?.set(Number(Deno.readLinkSync("/proc/thread-self").split("/").at(-1)));
  started.add(1);
  for (;;);
});
const exit = inline((code: number) => Deno.exit(code));
const fail = inline(() => {
  throw new RangeError("no");
});

test("start() runs the task of a process, and join() waits for its end", async () => {
  const counter = new Counter();
  const process = new Process(add, [counter, 5], { name: "adder" });
  assertEquals([process.name, process.isAlive, process.exitCode, process.reason, counter.get()], [
    "adder",
    false,
    undefined,
    undefined,
    0,
  ]);
  assertEquals(process.start(), process);
  assert(process.isAlive);
  await within(MUST_HAPPEN, process.join());
  assertEquals([process.isAlive, process.exitCode, process.reason, counter.get()], [false, 0, "finished", 5]);
  assertEquals([await process.result(), process.pid], [5, Deno.pid]);
  await within(MUST_HAPPEN, process.join(), "a second join");
});

test("exitCode and reason of a task that exits with 0, exits with 7, throws", async () => {
  const ends: unknown[] = [];
  for (const process of [new Process(exit, [0]), new Process(exit, [7]), new Process(fail, [])]) {
    await within(MUST_HAPPEN, process.start().join());
    ends.push([process.exitCode, process.reason]);
  }
  assertEquals(ends, [[0, "exit"], [7, "exit"], [1, "failed"]]);
});

test("the arguments may be left out for a task that needs none; what is not a task is refused first, with what to do", async () => {
  const one = new Process(inline(() => 1));
  assertEquals(await within(MUST_HAPPEN, one.start().result()), 1);
  const half = new Process(inline((n?: number) => n ?? 0)).start();
  assertEquals(await within(MUST_HAPPEN, half.result()), 0);
  await within(MUST_HAPPEN, Promise.all([one.join(), half.join()]));
  // @ts-expect-error: it needs a number
  void new Process(inline((n: number) => n));
  const Untyped = Process as unknown as new (task: unknown) => unknown;
  for (const given of [{ target: one }, undefined, "task"]) {
    const { message } = assertThrows(() => new Untyped(given), TypeError);
    assert(message.includes("`task` is ") && message.includes("it takes a task: tasks(url).name"), message);
  }
  assertThrows(() => new Process(inline((n: number) => n), 5 as never), TypeError, "`args` is 5: it takes an array");
});

test("result() throws what the task threw; a worker that ends itself is a WorkerCrashedError", async () => {
  await assertRejects(() => within(MUST_HAPPEN, new Process(fail, []).start().result()), RangeError, "no");
  const error = await assertRejects(() => new Process(exit, [7]).start().result(), WorkerCrashedError);
  assertEquals([error.reason, error.exitCode], ["exit", 7]);
});

test("a task that throws the WorkerCrashedError of a pool of its own has failed", async () => {
  for (const reason of ["oom", "terminated", "exit"] as const) {
    const throwing = inline(async (reason: "oom") => {
      const { WorkerCrashedError } = await import("@isopool/isopool");
      throw new WorkerCrashedError("lost", { reason, exitCode: 7 });
    });
    const process = new Process(throwing, [reason as "oom"]).start();
    const error = await assertRejects(() => within(MUST_HAPPEN, process.result()), WorkerCrashedError);
    await process.join();
    assertEquals([error.reason, process.reason, process.exitCode], [reason, "failed", 1]);
  }
});

for (const how of ["terminate", "kill"] as const) {
  test(`${how}() stops a process that spins, and its thread is gone`, async () => {
    const started = new Counter();
    const thread = new Value("i32", 0);
    const process = new Process(spin, [started, thread]).start();
    await until(() => started.get() === 1, "the task runs");
    process[how]();
    await within(MUST_HAPPEN, process.join());
    const [code, reason] = how === "kill" ? [-9, "killed"] : [-15, "terminated"];
    assertEquals([process.exitCode, process.reason, process.isAlive], [code, reason, false]);
    await assertRejects(() => process.result(), CancelledError);
    await until(() => !threads().has(thread.get()), "its thread is gone");
  }, { ignore: !onLinux });
}

test("terminate() fires the signal first, and the task may end by itself", async () => {
  const saved = new Value("i32", 0);
  const polite = inline(async (saved: Value<"i32">) => {
    const { context } = await import("@isopool/isopool/worker");
    const { promise, resolve } = Promise.withResolvers<void>();
    context.signal.addEventListener("abort", () => resolve());
    saved.set(1);
    await promise;
    saved.set(2);
  });
  const process = new Process(polite, [saved]).start();
  await until(() => saved.get() === 1, "the task listens");
  process.terminate();
  await within(MUST_HAPPEN, process.join());
  assertEquals([saved.get(), process.reason], [2, "terminated"]);
});

test("join({ timeout }) rejects at its deadline, also with timeout 0, and the process goes on", async () => {
  const started = new Counter();
  const process = new Process(spin, [started]).start();
  for (const timeout of [0, 50]) {
    await assertRejects(() => within(MUST_HAPPEN, process.join({ timeout })), WaitTimeoutError, "the process goes on");
    assert(process.isAlive);
  }
  process.kill();
  await within(MUST_HAPPEN, process.join());
});

test("a second start(), and join() or a stop before start(), are refused with clear errors", async () => {
  const process = new Process(add, [new Counter(), 1], { name: "p" });
  await assertRejects(() => process.join(), IsopoolError, "Cannot join process p: it was not started: call start()");
  assertThrows(() => process.terminate(), IsopoolError, "it was not started");
  assertThrows(() => process.kill(), IsopoolError, "it was not started");
  process.start();
  assertThrows(() => process.start(), IsopoolError, "already started");
  await within(MUST_HAPPEN, process.join());
});

test("leaving an await using block joins the process", async () => {
  const counter = new Counter();
  {
    await using _process = new Process(add, [counter, 3]).start();
    await using _idle = new Process(add, [counter, 100]);
  }
  assertEquals([counter.get(), activeWorkers()], [3, 0]);
});

test("bad options are refused at the call", () => {
  const make = (options: object) => new Process(add, [new Counter(), 1], options);
  assertThrows(() => make({ deamon: true }), TypeError, "unknown option `deamon`");
  assertThrows(() => make({ daemon: 1 }), TypeError, "`daemon` is 1: it takes true or false");
  assertThrows(() => make({ backend: "thread" }), RangeError, '`backend` is "thread"');
  assertThrows(() => new Process(add, null as never), TypeError, "`args` is null");
});

test("ten processes and one lock: no increment is lost", async () => {
  const lock = new Lock();
  const total = new Value("i32", 0);
  const work = inline((lock: Lock, total: Value<"i32">) => {
    for (let i = 0; i < 1_000; i++) {
      using _ = lock.acquireSync();
      total.set(total.get() + 1);
    }
  });
  const all = Array.from({ length: 10 }, () => new Process(work, [lock, total]).start());
  await within(30_000, Promise.all(all.map((process) => process.join())));
  assertEquals([all.map((process) => process.exitCode), total.get()], [Array(10).fill(0), 10_000]);
});

test("a lock that a killed process held is reported as abandoned", async () => {
  const lock = new Lock();
  const started = new Counter();
  const hold = inline((lock: Lock, started: Counter) => {
    lock.acquireSync();
    started.add(1);
    for (;;);
  });
  const process = new Process(hold, [lock, started]).start();
  await until(() => started.get() === 1, "the lock is held");
  process.kill();
  assertInstanceOf(await lock.acquire({ timeout: MUST_HAPPEN }).catch((error) => error), LockAbandonedError);
  await within(MUST_HAPPEN, process.join());
});

test("a process that has ended keeps none of its arguments: of 12 x 8 MB, less than 24 MB stay", async () => {
  const size = inline((bytes: Uint8Array) => bytes.length);
  const external = () => {
    collectGarbage();
    return Deno.memoryUsage().external / 1e6;
  };
  const given: WeakRef<object>[] = [];
  const start = () => {
    const bytes = new Uint8Array(8e6).fill(1);
    given.push(new WeakRef(bytes));
    return new Process(size, [bytes]).start();
  };
  const before = external();
  const processes = [];
  for (let i = 0; i < 12; i++) {
    const process = start();
    await within(MUST_HAPPEN, process.join());
    processes.push(process);
  }
  await new Promise((resolve) => setTimeout(resolve, 0));
  const grown = external() - before;
  assert(grown < 24, `${grown} MB`);
  // The last one may still be on the stack.
  assert(given.filter((each) => each.deref() !== undefined).length <= 1);
  assertEquals(processes.map((process) => process.exitCode), Array(12).fill(0));
});

test("a process is refused as an argument, item and item of a queue, with its path and what to do", async () => {
  const process = new Process(add, [new Counter(), 1]);
  await using pool = new Pool(1);
  const count = inline((value: unknown) => typeof value);
  const refused: unknown[] = await Promise.all([
    pool.submit(count, { part: process }).exception(),
    pool.map(count, [[process]]).catch((error: unknown) => error),
    new Queue().put({ process }).catch((error: unknown) => error),
    new Process(count, [process]).start().result().catch((error: unknown) => error),
  ]);
  const paths = refused.map((error) => expectError(error, TransferError).path);
  assertEquals(paths, ["args[0].part", "items[0][0]", "item.process", "args[0]"]);
  for (const error of refused) assert((error as Error).message.includes("start it here, and send what `result()`"));
});

const HEAD = `
import { inline, Process } from "@isopool/isopool";
const wait = inline((ms) => new Promise((resolve) => setTimeout(resolve, ms)));
const print = inline(async (ms) => { await new Promise((resolve) => setTimeout(resolve, ms)); console.log("done"); });
`;

test("a daemon process does not keep the script alive; other processes do", async () => {
  const daemon = await runScript(`${HEAD} new Process(wait, [60_000], { daemon: true }).start(); console.log("end");`);
  assertEquals([daemon.code, daemon.late, daemon.stdout], [0, false, "end\n"]);
  const other = await runScript(`${HEAD} new Process(print, [100]).start(); console.log("end");`);
  assertEquals([other.code, other.late, other.stdout], [0, false, "end\ndone\n"]);
});

test("an unobserved failure is reported; reading exitCode observes it", async () => {
  const fails =
    `${HEAD} const p = new Process(inline(() => { throw new RangeError("lost"); }), []).start(); await p.join();`;
  const forgotten = await runScript(fails);
  assertEquals(forgotten.code, 1);
  assert(forgotten.stderr.includes("RangeError: lost"), forgotten.stderr);
  const seen = await runScript(`${fails} console.log(p.exitCode);`);
  assertEquals([seen.code, seen.stdout], [0, "1\n"]);
});
