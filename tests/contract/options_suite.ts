import { assert, assertEquals, assertThrows } from "@std/assert";
import { activeWorkers, type Capabilities, inline, Pool, type PoolOptions } from "@isopool/isopool";
import { MUST_HAPPEN, within } from "../support/within.ts";
import { failing, hooks, values } from "../fixtures/views.ts";
import type { Suite } from "./backend.ts";
import { sharedWords } from "../support/words.ts";

interface Refusal {
  // deno-lint-ignore no-explicit-any -- what a caller without types may pass
  options: any;
  type: new () => Error;
  /** Parts of the message: the option, its value, what to do instead. */
  parts: string[];
}

const range = RangeError as new () => Error;
const wrong = TypeError as new () => Error;
const atLeast = (n: number) => `it takes an integer of at least ${n}`;
const ms = "it takes milliseconds from 0 to 2147483647, or Infinity";

const REFUSED: Refusal[] = [
  { options: "4", type: wrong, parts: ["`options`", '"4"', "an object"] },
  { options: { worker: 4 }, type: wrong, parts: ["unknown option `worker`", "workers, minWorkers"] },
  { options: { backend: "thread" }, type: range, parts: ["`backend`", '"thread"', '"async" | "process" | "worker"'] },
  { options: { backend: "cluster" }, type: wrong, parts: ["`backend`", '"cluster"', "cluster({ redis, queue })"] },
  { options: { backend: {} }, type: wrong, parts: ["`backend` is an object", '"async" | "process" | "worker"'] },
  { options: { backend: 1 }, type: wrong, parts: ["`backend` is 1", '"async" | "process" | "worker"'] },
  { options: { workers: 0 }, type: range, parts: ["`workers` is 0", atLeast(1)] },
  { options: { workers: 2.5 }, type: range, parts: ["`workers` is 2.5", atLeast(1)] },
  { options: { workers: 4n }, type: wrong, parts: ["`workers` is 4n", atLeast(1)] },
  { options: { minWorkers: -1 }, type: range, parts: ["`minWorkers` is -1", atLeast(0)] },
  { options: { minWorkers: "1" }, type: wrong, parts: ['`minWorkers` is "1"', atLeast(0)] },
  { options: { workers: 2, minWorkers: 3 }, type: range, parts: ["`minWorkers` is 3", "`workers`, 2"] },
  { options: { idleTimeout: -1 }, type: range, parts: ["`idleTimeout` is -1", ms] },
  { options: { idleTimeout: NaN }, type: range, parts: ["`idleTimeout` is NaN", ms] },
  { options: { idleTimeout: "1s" }, type: wrong, parts: ['`idleTimeout` is "1s"', ms] },
  { options: { maxTasksPerWorker: 0 }, type: range, parts: ["`maxTasksPerWorker` is 0", atLeast(1)] },
  { options: { maxTasksPerWorker: [] }, type: wrong, parts: ["`maxTasksPerWorker` is an array", atLeast(1)] },
  { options: { concurrencyPerWorker: 0 }, type: range, parts: ["`concurrencyPerWorker` is 0", atLeast(1)] },
  {
    options: { concurrencyPerWorker: Infinity },
    type: range,
    parts: ["`concurrencyPerWorker` is Infinity", atLeast(1)],
  },
  { options: { initializer: "begin" }, type: wrong, parts: ['`initializer` is "begin"', "tasks(url)", "inline(fn)"] },
  { options: { initializer: {} }, type: wrong, parts: ["`initializer` is an object", "task(import.meta, fn)"] },
  { options: { initArgs: [1] }, type: wrong, parts: ["`initArgs`", "`initializer`", "leave it out"] },
  { options: { initializer: hooks.look, initArgs: "x" }, type: wrong, parts: ['`initArgs` is "x"', "an array"] },
  { options: { finalizer: 5 }, type: wrong, parts: ["`finalizer` is 5", "inline(fn)"] },
  { options: { timeout: -5 }, type: range, parts: ["`timeout` is -5", ms] },
  { options: { timeout: 2 ** 31 }, type: range, parts: ["`timeout` is 2147483648", ms] },
  { options: { retry: -1 }, type: range, parts: ["`retry` is -1"] },
  { options: { retry: "2" }, type: wrong, parts: ["`retry`", '"2"'] },
  { options: { priorityAging: -1 }, type: range, parts: ["`priorityAging` is -1", ms] },
  { options: { priorityAging: "1" }, type: wrong, parts: ['`priorityAging` is "1"', ms] },
  { options: { killGrace: NaN }, type: range, parts: ["`killGrace` is NaN", ms] },
  { options: { killGrace: "x" }, type: wrong, parts: ['`killGrace` is "x"', ms] },
  { options: { maxQueue: -1 }, type: range, parts: ["`maxQueue` is -1", atLeast(0)] },
  { options: { maxQueue: 0.5 }, type: range, parts: ["`maxQueue` is 0.5", atLeast(0)] },
  { options: { name: 5 }, type: wrong, parts: ["`name` is 5", "a string"] },
];

const RECYCLES: Refusal[] = [
  { options: { recycleAt: 1_000_000 }, type: range, parts: ["`recycleAt` is 1000000", atLeast(2 ** 25)] },
  { options: { recycleAt: "1 GB" }, type: wrong, parts: ['`recycleAt` is "1 GB"', atLeast(2 ** 25)] },
];

const OWN_MEMORY: Refusal[] = [
  { options: { memoryLimit: 1_000_000 }, type: range, parts: ["`memoryLimit` is 1000000", atLeast(2 ** 25)] },
  { options: { memoryLimit: "1 GB" }, type: wrong, parts: ['`memoryLimit` is "1 GB"', atLeast(2 ** 25)] },
  { options: { env: "A=1" }, type: wrong, parts: ['`env` is "A=1"', "an object of strings"] },
  { options: { env: ["A=1"] }, type: wrong, parts: ["`env` is an array", "an object of strings"] },
  { options: { env: { A: 1 } }, type: wrong, parts: ["`env.A` is 1", "a string"] },
  { options: { env: { A: undefined } }, type: wrong, parts: ["`env.A` is undefined", "a string"] },
  { options: { initializer: () => {} }, type: wrong, parts: ["`initializer` is a function", "inline(fn)"] },
  {
    options: { initializer: hooks.begin, initArgs: [{ log: () => {} }] },
    type: Error as never,
    parts: ["initArgs[0].log"],
  },
];

const needsProcess: Refusal = { options: { cwd: "/" }, type: wrong, parts: ["`cwd`", 'backend "process"'] };

const LIMITED: Record<Capabilities["engine"], Refusal[]> = {
  cluster: [
    ...RECYCLES,
    ...OWN_MEMORY,
    needsProcess,
  ],
  thread: [...RECYCLES, ...OWN_MEMORY, needsProcess],
  process: [
    ...RECYCLES,
    ...OWN_MEMORY,
    { options: { cwd: 5 }, type: wrong, parts: ["`cwd` is 5", "a path"] },
    { options: { cwd: new URL("https://a.b/") }, type: wrong, parts: ["`cwd`", "file: URL"] },
    { options: { permissions: "all" }, type: wrong, parts: ["`permissions`", '"all"', '"none"'] },
  ],
  web: [
    { options: { memoryLimit: 2 ** 30 }, type: wrong, parts: ["`memoryLimit`", "`permissions`", "leave one"] },
    { options: { env: {} }, type: wrong, parts: ["`env`", "`permissions`"] },
    needsProcess,
  ],
  loop: [
    { options: { memoryLimit: 2 ** 30 }, type: wrong, parts: ["`memoryLimit`", '"async"', "leave it out"] },
    { options: { env: {} }, type: wrong, parts: ["`env`", '"async"', "leave it out"] },
    needsProcess,
  ],
};

/** The options of a pool: which are refused with which message, and which work. */
export const optionsSuite: Suite = (backend, check) => {
  for (const { options, type, parts } of [...REFUSED, ...LIMITED[backend.capabilities.engine]]) {
    check(`an option is refused at construction: ${Deno.inspect(options)} names ${parts.join(", ")}`, () => {
      const before = activeWorkers();
      const given = typeof options === "object" && !("backend" in options)
        ? () => backend.make(options)
        : () => new Pool(options);
      const { message } = assertThrows(given, type) as Error;
      for (const part of parts) assert(message.includes(part), message);
      assertEquals(activeWorkers(), before);
      return Promise.resolve();
    });
  }

  check("a pool works with every option at once, and with each Infinity that is allowed", async () => {
    const all: PoolOptions = {
      name: "all",
      workers: 2,
      minWorkers: 1,
      idleTimeout: 1_000,
      maxTasksPerWorker: 10,
      concurrencyPerWorker: backend.capabilities.engine === "cluster" ? 1 : 2,
      initializer: hooks.begin,
      initArgs: [sharedWords(16)],
      finalizer: hooks.end,
      timeout: 10_000,
      retry: 1,
      killGrace: 100,
      maxQueue: 50,
      ...backend.capabilities.memoryLimit && { memoryLimit: 2 ** 28 },
      ...backend.capabilities.memoryLimit && { env: { A: "1" } },
    };
    const boundless: PoolOptions = {
      workers: 1,
      idleTimeout: Infinity,
      maxTasksPerWorker: Infinity,
      timeout: Infinity,
      killGrace: Infinity,
      maxQueue: Infinity,
      ...backend.capabilities.memoryLimit && { memoryLimit: Infinity },
    };
    for (const options of [all, boundless]) {
      await using pool = backend.make(options);
      const task = values.double.with({ timeout: Infinity });
      assertEquals(await within(MUST_HAPPEN, Promise.all([1, 2, 3].map((n) => pool.submit(task, n)))), [2, 4, 6]);
    }
  });

  check("killGrace: Infinity never stops a task by force", async () => {
    await using pool = backend.make({ workers: 1, killGrace: Infinity });
    const error = await within(
      MUST_HAPPEN,
      pool.submit(hooks.whereLater.with({ timeout: 100 }), "in time", 700).exception(),
    );
    assertEquals((error as Error).name, "TaskTimeoutError");
    assertEquals([pool.workerIds, pool.stats().workers.started], [[1], 1]);
  });

  check("messages contain the name of the pool", async () => {
    const pool = backend.make({ workers: 1, name: "resizer" });
    assertEquals(pool.name, "resizer");
    pool.close();
    const { message } = assertThrows(() => pool.submit(values.double, 1)) as Error;
    assertEquals(message, "Cannot submit task: resizer is closed");
    await pool.join();
    const broken = backend.make({
      workers: 1,
      name: "loader",
      initializer: failing.throwValue as never,
      initArgs: [1],
    });
    await broken.submit(values.double, 1).exception();
    assertEquals((assertThrows(() => broken.map(values.double, [1])) as Error).message, "Cannot map: loader is broken");
  });

  check("an initializer that cannot run in a worker breaks the pool, and the error names the reason", async () => {
    const outside = 3;
    const pool = backend.make({ workers: 1, initializer: inline(() => outside) });
    const error = await within(MUST_HAPPEN, pool.submit(values.double, 1).exception());
    if (backend.capabilities.isolated) {
      assert(String((error as Error).cause).includes("outside"), String((error as Error).cause));
    } else assertEquals(error, undefined);
    await pool.terminate();
  });
};
