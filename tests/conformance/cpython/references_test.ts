/**
 * CPython, tests of references: what an executor must not keep. Each runs in a process of its own that may collect garbage.
 */
import { assertEquals } from "@std/assert";
import { runScript } from "../../support/script.ts";
import { test } from "../../support/within.ts";

const HEAD = `
import { asCompleted, inline, Pool, Process, Queue } from "@isopool/isopool";
const gc = () => (globalThis as unknown as { gc(): void }).gc();
/** Whether the object is collected within 10 s. */
async function collected(ref: WeakRef<object>): Promise<boolean> {
  for (const end = performance.now() + 10_000; performance.now() < end;) {
    // A turn of the loop, in which weak references let go, then a collection.
    await new Promise((resolve) => setTimeout(resolve, 1));
    gc();
    if (ref.deref() === undefined) return true;
  }
  return false;
}
`;

/** Runs a script that may call `gc()`, and asserts what it prints. */
async function prints(body: string, expected: string): Promise<void> {
  const { code, stdout, stderr, late } = await runScript(HEAD + body, {
    permissions: ["-A", "--v8-flags=--expose-gc"],
    deadline: 60_000,
  });
  assertEquals({ code, late, stdout }, { code: 0, late: false, stdout: `${expected}\n` }, stderr);
}

/** Registers the same script for the backends whose calls keep their values in this process. */
function each(name: string, body: string, expected: string): void {
  for (const backend of ["worker", "async"]) {
    const options = JSON.stringify({ backend, workers: 2 });
    test(`${backend}: ${name}`, () => prints(`const OPTIONS = ${options} as never;${body}`, expected), {
      deadline: 70_000,
    });
  }
}

each(
  "test_no_stale_references: the argument of a call whose future was dropped is let go",
  `
  const pool = new Pool(OPTIONS);
  function submit(): WeakRef<object> {
    const argument = { big: new Array(1_000).fill(0) };
    void pool.submit(inline((value: unknown) => typeof value), argument);
    return new WeakRef(argument);
  }
  console.log(await collected(submit()));
  await pool.terminate();`,
  "true",
);

each(
  "test_free_reference: a map's result is let go once the next has been given",
  `
  const pool = new Pool(OPTIONS);
  const iterator = pool.map(inline((n: number) => ({ n })), Array.from({ length: 10 }, (_, n) => n))[Symbol.asyncIterator]();
  let freed = 0;
  const next = async () => {
    const { value, done } = await iterator.next();
    return done ? undefined : new WeakRef(value as object);
  };
  let last = await next();
  for (let ref; (ref = await next()); last = ref) if (await collected(last!)) freed++;
  if (await collected(last!)) freed++;
  console.log(freed);
  await pool.terminate();`,
  "10",
);

each(
  "test_del_shutdown, gc_during_max_tasks_worker_exit_gh152967: calls of a pool that was dropped are done",
  `
  const memory = new Int32Array(new SharedArrayBuffer(8));
  const hold = inline(async (memory: Int32Array, n: number) => {
    while (Atomics.load(memory, 0) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    return n;
  });
  function start() {
    const pool = new Pool({ ...OPTIONS as object, workers: 1, maxTasksPerWorker: 1 } as never);
    const futures = [0, 1, 2].map((n) => pool.submit(hold, memory, n));
    const map = pool.map(inline((n: number) => Math.abs(n)), [-2, -1, 0, 1, 2]);
    return { futures, map };
  }
  const { futures, map } = start();
  for (let turn = 0; turn < 20; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    gc();
  }
  Atomics.store(memory, 0, 1);
  console.log((await Promise.all(futures)).join(), (await map).join());`,
  "0,1,2 2,1,0,1,2",
);

test("worker: test_processes_crash_handling_after_executor_gc: a crash in a dropped pool is reported", () =>
  prints(
    `
    const memory = new Int32Array(new SharedArrayBuffer(8));
    const crash = inline(async (memory: Int32Array) => {
      while (Atomics.load(memory, 0) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      Deno.exit(3);
    });
    const future = (() => new Pool(1).submit(crash, memory))();
    for (let turn = 0; turn < 20; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      gc();
    }
    Atomics.store(memory, 0, 1);
    console.log(await future.then(() => "no error", (error) => error.name));`,
    "WorkerCrashedError",
  ), { deadline: 70_000 });

test("test_drop_unreceived: an item of a queue does not keep the object that was put", () =>
  prints(
    `
    const queue = new Queue<object>({ maxSize: 1 });
    async function put(): Promise<WeakRef<object>> {
      const item = { n: 1 };
      await queue.put(item);
      return new WeakRef(item);
    }
    console.log(await collected(await put()), queue.size);`,
    "true 1",
  ), { deadline: 70_000 });

each(
  "test_release_task_refs: arguments and results of a map are let go when it is done",
  `
  const pool = new Pool(OPTIONS);
  async function run(): Promise<WeakRef<object>[]> {
    const items = Array.from({ length: 10 }, (_, n) => ({ n }));
    const results = await pool.map(inline((value: { n: number }) => ({ ...value })), items);
    return [...items, ...results].map((value) => new WeakRef(value));
  }
  const refs = await run();
  console.log((await Promise.all(refs.map(collected))).every(Boolean));
  await pool.terminate();`,
  "true",
);

each(
  "test_free_reference_yielded_future: asCompleted() lets go of a future that it has given",
  `
  const pool = new Pool({ ...OPTIONS as object, workers: 1 } as never);
  const memory = new Int32Array(new SharedArrayBuffer(8));
  const hold = inline(async (memory: Int32Array, n: number) => {
    while (Atomics.load(memory, 0) < n) await new Promise((resolve) => setTimeout(resolve, 1));
    return { n };
  });
  const iterator = asCompleted([1, 2, 3, 4].map((n) => pool.submit(hold, memory, n)));
  let freed = 0;
  const next = async () => new WeakRef((await iterator.next()).value!.future as object);
  // One ends, and is read: the others still wait.
  for (let n = 1; n <= 4; n++) {
    Atomics.store(memory, 0, n);
    if (await collected(await next())) freed++;
  }
  console.log(freed);
  await pool.terminate();`,
  "4",
);

test("worker: test_lose_target_ref: a process keeps neither its arguments nor its task", () =>
  prints(
    `
    async function run(): Promise<WeakRef<object>[]> {
      const queue = new Queue<number>();
      const argument = { n: 5 };
      const target = inline(async (queue: Queue<number>, argument: { n: number }) => {
        await queue.put(argument.n);
      });
      const process = new Process(target, [queue, argument]).start();
      await process.join();
      if (await queue.get() !== 5) throw new Error("wrong answer");
      kept.push(process);
      return [new WeakRef(argument), new WeakRef(target)];
    }
    // The process itself is kept, as in CPython: what it was given is not.
    const kept: unknown[] = [];
    const refs = await run();
    console.log((await Promise.all(refs.map(collected))).join(), kept.length);`,
    "true,true 1",
  ), { deadline: 70_000 });
