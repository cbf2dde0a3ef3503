/** Limits of memory, processor time and output: what exceeds them ends, what does not goes on. */
import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { inline, Pool, tasks, WorkerCrashedError } from "@isopool/isopool";
import { onLinux } from "../support/proc.ts";
import { runScript } from "../support/script.ts";
import { test } from "../support/within.ts";

const own = tasks<typeof import("./limit_tasks.ts")>(import.meta.resolve("./limit_tasks.ts"));
const MEMORY = 2 ** 25;
const one = inline(() => 1);

/** Returns the reason of the crash that a call ends with. */
async function reasonOf(future: { exception(): PromiseLike<unknown> }): Promise<string> {
  const error = await future.exception() as WorkerCrashedError;
  assertInstanceOf(error, WorkerCrashedError, String(error));
  assertInstanceOf(error.cause, RangeError, String(error.cause));
  return error.reason;
}

for (const task of ["hoardBuffers", "hoardWasm", "hoardShared", "fillOneBuffer"] as const) {
  test(`memoryLimit 32 MiB: ${task}, without an await, ends with reason "oom", and the pool goes on`, async () => {
    await using pool = new Pool({ backend: "process", workers: 1, memoryLimit: MEMORY });
    assertEquals(await reasonOf(pool.submit(own[task])), "oom");
    assertEquals(await pool.submit(one), 1);
  }, { deadline: 60_000 });
}

test("memoryLimit 32 MiB: a task that makes 1 GB of garbage and keeps nothing goes on", async () => {
  await using pool = new Pool({ backend: "process", workers: 1, memoryLimit: MEMORY });
  assertEquals(await pool.submit(own.litter, 1_000), 1_000);
  assertEquals(pool.stats().workers.started, 1);
}, { deadline: 60_000 });

test("memoryLimit: the kernel limits what a worker can write to, where prlimit is there", async () => {
  await using pool = new Pool({ backend: "process", workers: 1, memoryLimit: MEMORY });
  const pid = await pool.submit(inline(() => Deno.pid));
  const line = Deno.readTextFileSync(`/proc/${pid}/limits`).split("\n").find((each) =>
    each.startsWith("Max data size")
  );
  assertEquals(line?.split(/\s+/)[3], String(2 * MEMORY + 4 * 2 ** 30));
}, { ignore: !onLinux });

test("cpuTime 300 ms: a task that spins is stopped, one that sleeps longer is not, and the next call has its own", async () => {
  await using pool = new Pool({ backend: "process", workers: 1, cpuTime: 300 });
  await pool.submit(one);
  const [pid] = await pool.broadcast(inline(() => Deno.pid));
  // Three calls of 150 ms each, and one that waits 600: none has used 300.
  for (let n = 0; n < 3; n++) assert(await pool.submit(own.burn, 150) >= 150);
  assertEquals(await pool.submit(own.sleepFor, 600), 600);
  assertEquals(await pool.broadcast(inline(() => Deno.pid)), [pid]);
  assertEquals(await reasonOf(pool.submit(own.spin)), "cpu");
  assertEquals(await pool.submit(one), 1);
});

test("cpuTime: the task's own limit counts instead of the pool's, in a map too; spinning beside an await counts", async () => {
  await using pool = new Pool({ backend: "process", workers: 1, cpuTime: 60_000 });
  const error = await pool.submit(own.spin.with({ cpuTime: 100 })).exception() as WorkerCrashedError;
  assertEquals([error.reason, (error.cause as Error).message], [
    "cpu",
    "The call used more processor time than its cpuTime of 100 ms",
  ]);
  assert(error.message.includes("used more than its `cpuTime` of 100 ms: raise it"), error.message);
  assert(!error.message.includes("retry"), "another attempt would spin, too");
  assertEquals(await reasonOf(pool.submit(own.spinBetweenAwaits.with({ cpuTime: 100 }))), "cpu");
  const outcomes = await pool.map(own.burn.with({ cpuTime: 200 }), [1, 5_000, 2], { onError: "settle" });
  assertEquals(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
});

test("cpuTime: retry runs a call again that was stopped", async () => {
  await using pool = new Pool({ backend: "process", workers: 1 });
  const file = Deno.makeTempFileSync();
  assertEquals(await pool.submit(own.spinOnce.with({ cpuTime: 100, retry: 1 }), file), "second");
  Deno.removeSync(file);
});

test("maxOutput: what a call prints is passed on up to the limit, then it ends; each call has its own", async () => {
  const { stdout, stderr } = await runScript(`
    import { Pool, tasks } from "@isopool/isopool";
    const own = tasks(${JSON.stringify(import.meta.resolve("./limit_tasks.ts"))});
    await using pool = new Pool({ backend: "process", workers: 1, maxOutput: 100 });
    for (let n = 0; n < 4; n++) console.log(await pool.submit(own.print, 99));
    const error = await pool.submit(own.print, 100).exception();
    console.log(error.reason, error.cause.message);
    console.log(await pool.submit(own.print.with({ maxOutput: Infinity }), 1000));
    console.log((await pool.submit(own.printForever).exception()).reason);
    console.log((await pool.submit(own.printForever.with({ maxOutput: 3 })).exception()).reason);
  `);
  const line = "x".repeat(99);
  const fits = `${line}\n99\n`.repeat(4);
  const cut = `${"x".repeat(100)}output The call printed more than its maxOutput of 100 bytes\n`;
  const forever = `${"y\n".repeat(50)}output\ny\nyoutput\n`;
  assertEquals(stdout, `${fits}${cut}${"x".repeat(1000)}\n1000\n${forever}`, stderr);
});

test("maxOutput: stdout and stderr count together, and a line without an end counts", async () => {
  await using pool = new Pool({ backend: "process", workers: 1, maxOutput: 0 });
  assertEquals(await reasonOf(pool.submit(own.printWithoutEnd, "")), "output");
  assertEquals(await pool.submit(one), 1);
  assertEquals(await pool.submit(own.printWithoutEnd.with({ maxOutput: 10 }), "12345"), 10);
  assertEquals(await reasonOf(pool.submit(own.printWithoutEnd.with({ maxOutput: 9 }), "12345")), "output");
});

test("limits of a call are refused where they cannot be kept, and the error says what to do", async () => {
  const refused: [() => unknown, string][] = [
    [() => new Pool({ cpuTime: 5 }), "Cannot create pool: `cpuTime` is 5, and only a process"],
    [() => new Pool({ backend: "async", maxOutput: 5 }), "Cannot create pool: `maxOutput` is 5, and only a process"],
    [() => new Pool({ backend: "process", cpuTime: -1 }), "Cannot create pool: `cpuTime` is -1: it takes milliseconds"],
    [
      () => new Pool({ backend: "process", maxOutput: 0.5 }),
      "Cannot create pool: `maxOutput` is 0.5: it takes an integer",
    ],
    [
      () => new Pool({ backend: "process", maxOutput: 1, concurrencyPerWorker: 2 }),
      "Cannot create pool: `maxOutput` does not go with `concurrencyPerWorker` 2",
    ],
    [() => one.with({ cpuTime: NaN }), "Cannot change task options: `cpuTime` is NaN"],
    [() => one.with({ maxOutput: -1 }), "Cannot change task options: `maxOutput` is -1"],
  ];
  for (const [make, message] of refused) assertThrows(make, Error, message);
  await using pool = new Pool(1);
  assertThrows(
    () => pool.submit(one.with({ cpuTime: 5 })),
    TypeError,
    "Cannot submit task: `cpuTime` is 5, and only a process",
  );
  assertThrows(() => pool.map(one.with({ maxOutput: 5 }) as never, [1]), TypeError, 'use backend "process"');
  assertEquals(await pool.submit(one.with({ cpuTime: Infinity, maxOutput: Infinity })), 1);
  assertEquals(pool.stats().workers.started, 1);
});
