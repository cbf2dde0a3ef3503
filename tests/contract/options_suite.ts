import { assert, assertEquals, assertThrows } from "@std/assert";
import { activeWorkers, inline, Pool, type PoolOptions } from "@isopool/isopool";
import { MUST_HAPPEN, within } from "../support/within.ts";
import { failing, hooks, values } from "../fixtures/views.ts";
import type { Suite } from "./backend.ts";

interface Refusal {
  // deno-lint-ignore no-explicit-any -- what a caller without types may pass
  options: any;
  type: new () => Error;
  /** What the message says: the option, the value, the way out. */
  says: string[];
}

const range = RangeError as new () => Error;
const wrong = TypeError as new () => Error;
const least = (n: number) => `it takes an integer of at least ${n}`;
const ms = "it takes milliseconds from 0 to 2147483647, or Infinity";

const REFUSED: Refusal[] = [
  { options: "4", type: wrong, says: ["`options`", '"4"', "an object"] },
  { options: { worker: 4 }, type: wrong, says: ["unknown option `worker`", "workers, minWorkers"] },
  { options: { backend: "thread" }, type: range, says: ["`backend`", '"thread"', '"async" | "worker"'] },
  { options: { backend: 1 }, type: wrong, says: ["`backend` is 1", '"async" | "worker"'] },
  { options: { workers: 0 }, type: range, says: ["`workers` is 0", least(1)] },
  { options: { workers: 2.5 }, type: range, says: ["`workers` is 2.5", least(1)] },
  { options: { workers: 4n }, type: wrong, says: ["`workers` is 4n", least(1)] },
  { options: { minWorkers: -1 }, type: range, says: ["`minWorkers` is -1", least(0)] },
  { options: { minWorkers: "1" }, type: wrong, says: ['`minWorkers` is "1"', least(0)] },
  { options: { workers: 2, minWorkers: 3 }, type: range, says: ["`minWorkers` is 3", "`workers`, 2"] },
  { options: { idleTimeout: -1 }, type: range, says: ["`idleTimeout` is -1", ms] },
  { options: { idleTimeout: NaN }, type: range, says: ["`idleTimeout` is NaN", ms] },
  { options: { idleTimeout: "1s" }, type: wrong, says: ['`idleTimeout` is "1s"', ms] },
  { options: { maxTasksPerWorker: 0 }, type: range, says: ["`maxTasksPerWorker` is 0", least(1)] },
  { options: { maxTasksPerWorker: [] }, type: wrong, says: ["`maxTasksPerWorker` is an array", least(1)] },
  { options: { concurrencyPerWorker: 0 }, type: range, says: ["`concurrencyPerWorker` is 0", least(1)] },
  { options: { concurrencyPerWorker: Infinity }, type: range, says: ["`concurrencyPerWorker` is Infinity", least(1)] },
  { options: { initializer: "begin" }, type: wrong, says: ['`initializer` is "begin"', "tasks(url)", "inline(fn)"] },
  { options: { initializer: {} }, type: wrong, says: ["`initializer` is an object", "task(import.meta, fn)"] },
  { options: { initArgs: [1] }, type: wrong, says: ["`initArgs`", "`initializer`", "leave it out"] },
  { options: { initializer: hooks.look, initArgs: "x" }, type: wrong, says: ['`initArgs` is "x"', "an array"] },
  { options: { finalizer: 5 }, type: wrong, says: ["`finalizer` is 5", "inline(fn)"] },
  { options: { timeout: -5 }, type: range, says: ["`timeout` is -5", ms] },
  { options: { timeout: 2 ** 31 }, type: range, says: ["`timeout` is 2147483648", ms] },
  { options: { retry: -1 }, type: range, says: ["`retry` is -1"] },
  { options: { retry: "2" }, type: wrong, says: ["`retry`", '"2"'] },
  { options: { killGrace: NaN }, type: range, says: ["`killGrace` is NaN", ms] },
  { options: { killGrace: "x" }, type: wrong, says: ['`killGrace` is "x"', ms] },
  { options: { maxQueue: -1 }, type: range, says: ["`maxQueue` is -1", least(0)] },
  { options: { maxQueue: 0.5 }, type: range, says: ["`maxQueue` is 0.5", least(0)] },
  { options: { name: 5 }, type: wrong, says: ["`name` is 5", "a string"] },
];

const LIMITED: Record<"thread" | "web" | "loop", Refusal[]> = {
  thread: [
    { options: { memoryLimit: 1_000_000 }, type: range, says: ["`memoryLimit` is 1000000", least(2 ** 25)] },
    { options: { memoryLimit: "1 GB" }, type: wrong, says: ['`memoryLimit` is "1 GB"', least(2 ** 25)] },
    { options: { env: "A=1" }, type: wrong, says: ['`env` is "A=1"', "an object of strings"] },
    { options: { env: ["A=1"] }, type: wrong, says: ["`env` is an array", "an object of strings"] },
    { options: { env: { A: 1 } }, type: wrong, says: ["`env.A` is 1", "a string"] },
    { options: { env: { A: undefined } }, type: wrong, says: ["`env.A` is undefined", "a string"] },
    { options: { initializer: () => {} }, type: wrong, says: ["`initializer` is a function", "inline(fn)"] },
    {
      options: { initializer: hooks.begin, initArgs: [{ log: () => {} }] },
      type: Error as never,
      says: ["initArgs[0].log"],
    },
  ],
  web: [
    { options: { memoryLimit: 2 ** 30 }, type: wrong, says: ["`memoryLimit`", "`permissions`", "leave one"] },
    { options: { env: {} }, type: wrong, says: ["`env`", "`permissions`"] },
  ],
  loop: [
    { options: { memoryLimit: 2 ** 30 }, type: wrong, says: ["`memoryLimit`", '"async"', "leave it out"] },
    { options: { env: {} }, type: wrong, says: ["`env`", '"async"', "leave it out"] },
  ],
};

/** What a pool can be constructed with. */
export const optionsSuite: Suite = (backend, check) => {
  for (const { options, type, says } of [...REFUSED, ...LIMITED[backend.capabilities.engine]]) {
    check(`an option is refused at construction: ${Deno.inspect(options)} says ${says.join(", ")}`, () => {
      const before = activeWorkers();
      const given = typeof options === "object" && !("backend" in options)
        ? () => backend.make(options)
        : () => new Pool(options);
      const { message } = assertThrows(given, type) as Error;
      for (const part of says) assert(message.includes(part), message);
      assertEquals(activeWorkers(), before);
      return Promise.resolve();
    });
  }

  check("every option at once, and every one that may be Infinity, makes a pool that works", async () => {
    const all: PoolOptions = {
      name: "all",
      workers: 2,
      minWorkers: 1,
      idleTimeout: 1_000,
      maxTasksPerWorker: 10,
      concurrencyPerWorker: 2,
      initializer: hooks.begin,
      initArgs: [new Int32Array(new SharedArrayBuffer(64))],
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

  check("killGrace: Infinity leaves a stopped task all the time it wants", async () => {
    await using pool = backend.make({ workers: 1, killGrace: Infinity });
    const error = await within(
      MUST_HAPPEN,
      pool.submit(hooks.whereLater.with({ timeout: 100 }), "in time", 700).exception(),
    );
    assertEquals((error as Error).name, "TaskTimeoutError");
    assertEquals([pool.workerIds, pool.stats().workers.started], [[1], 1]);
  });

  check("the name of a pool is in its messages", async () => {
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

  check("an initializer that cannot be run elsewhere breaks the pool, and says why", async () => {
    const outside = 3;
    const pool = backend.make({ workers: 1, initializer: inline(() => outside) });
    const error = await within(MUST_HAPPEN, pool.submit(values.double, 1).exception());
    if (backend.capabilities.isolated) {
      assert(String((error as Error).cause).includes("outside"), String((error as Error).cause));
    } else assertEquals(error, undefined);
    await pool.terminate();
  });
};
