/**
 * A script of its own: calls every operation of a manager whose inbox a task has filled with nonsense, then closes the
 * manager. It prints each call that threw an error of the engine or had not ended after `close`, and the longest pause of
 * its own timers.
 *
 * @module
 */
import { type DictProxy, IsopoolError, type ListProxy, Manager, Pool, tasks, type ValueProxy } from "@isopool/isopool";
import type { Nonsense } from "../queue/corrupt_memory_tasks.ts";
import { pause } from "../support/within.ts";
import { TimerPauses } from "../support/timer_pauses.ts";

const { scribble } = tasks<typeof import("../queue/corrupt_memory_tasks.ts")>(
  import.meta.resolve("../queue/corrupt_memory_tasks.ts"),
);

const [rounds, first, ids] = Deno.args.map(Number);
/** Milliseconds within which `close` ends every call. */
const BOUND = 15_000;
const problems: string[] = [];

interface Objects {
  manager: Manager;
  list: ListProxy<unknown>;
  dict: DictProxy<string, unknown>;
  value: ValueProxy<unknown>;
  counter: { add(n: number): Promise<number> };
}

const operations: Record<string, (objects: Objects) => unknown> = {
  make: ({ manager }) => manager.dict({ a: 1 }),
  push: ({ list }) => list.push(new Uint8Array(50_000)),
  at: ({ list }) => list.at(0),
  toArray: ({ list }) => list.toArray(),
  set: ({ dict }) => dict.set("b", 2),
  update: ({ value }) => value.update(() => 3),
  transaction: ({ manager, list }) => manager.transaction(() => list.push(4), { timeout: 50 }),
  ofClass: ({ counter }) => counter.add(1),
  forget: ({ manager, dict }) => manager.forget(dict),
  toString: (objects: Objects) => String(objects.list) + String(objects.manager),
};

class Counter {
  #count = 0;
  add(n: number): number {
    return this.#count += n;
  }
}

async function round(pool: Pool, seed: number, nonsense: Nonsense, ms: number): Promise<void> {
  const manager = new Manager();
  const [list, dict, value] = [manager.list<unknown>([1]), manager.dict<string, unknown>(), manager.value<unknown>(1)];
  const objects: Objects = { manager, list, dict, value, counter: manager.register(Counter)() };
  await list.push("some content");
  const pending = new Set<string>();
  const call = (name: string) => {
    const what = `${name}, ${nonsense}, seed ${seed}, ${ms} ms`;
    pending.add(what);
    (async () => await operations[name](objects))().catch((error) => {
      if (!(error instanceof IsopoolError)) problems.push(`${what}: ${(error as Error)?.stack}`);
    }).finally(() => pending.delete(what));
  };
  Object.keys(operations).forEach(call);
  const scribbling = pool.submit(scribble, manager, nonsense, seed, ms).result();
  if (ms === 0) await scribbling;
  for (const name of Object.keys(operations)) {
    call(name);
    await pause(1);
  }
  await scribbling;
  const start = performance.now();
  manager.close();
  while (pending.size > 0 && performance.now() - start < BOUND) await pause(5);
  for (const what of pending) problems.push(`${what}: has not ended after close`);
  if (performance.now() - start > BOUND) problems.push(`close, seed ${seed}: took longer than ${BOUND} ms`);
}

const pauses = new TimerPauses();
{
  await using pool = new Pool(2);
  const kinds: Nonsense[] = ["some", "all", "small"];
  for (let i = 0; i < rounds; i++) await round(pool, first + i, kinds[i % 3], i % 4 === 3 ? 50 : 0);
  for (let i = 0; i < ids; i++) await round(pool, first + i, "ids", 0);
}
pauses.stop();
const status = await Deno.readTextFile("/proc/self/status").catch(() => "VmHWM: 0 kB");
const peak = Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024);
console.log(JSON.stringify({ problems, longest: Math.round(pauses.longest), peak }));
