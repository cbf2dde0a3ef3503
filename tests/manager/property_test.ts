/**
 * Random operations of three threads, compared with a model. Each thread logs its operation and the result inside the same
 * transaction, so the log is one serial order of all operations. The model runs them in that order, and must get the same
 * results and the same final state.
 *
 * @module
 */
import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import fc from "fast-check";
import { type ListProxy, Manager, Pool, tasks } from "@isopool/isopool";
import { leavesNothing } from "../support/leaks.ts";
import { pause, test } from "../support/within.ts";
import type { DictOp, ListOp, Logged, Op } from "./property_tasks.ts";
import { rounds } from "../support/rounds.ts";

const { appendAndReport, runAndLog } = tasks<typeof import("./property_tasks.ts")>(
  import.meta.resolve("./property_tasks.ts"),
);

const RUNS = rounds(8, 100);

const index = fc.integer({ min: -4, max: 6 });
const item = fc.oneof(fc.integer(), fc.string({ maxLength: 3 }), fc.constant(null), fc.record({ n: fc.integer() }));
const key = fc.constantFrom("a", "b", "c", "__proto__");
const listOp: fc.Arbitrary<ListOp> = fc.oneof(
  fc.tuple(fc.constant("push" as const), item),
  fc.tuple(
    fc.constantFrom("pop" as const, "shift" as const, "length" as const, "reverse" as const, "toArray" as const),
  ),
  fc.tuple(fc.constant("insert" as const), index, item),
  fc.tuple(fc.constant("set" as const), index, item),
  fc.tuple(fc.constantFrom("delete" as const, "at" as const), index),
  fc.tuple(fc.constantFrom("includes" as const, "indexOf" as const), item),
  fc.tuple(fc.constant("slice" as const), index, index),
);
const dictOp: fc.Arbitrary<DictOp> = fc.oneof(
  fc.tuple(fc.constantFrom("set" as const, "setDefault" as const), key, item),
  fc.tuple(fc.constantFrom("get" as const, "has" as const, "delete" as const, "pop" as const), key),
  fc.tuple(fc.constantFrom("size" as const, "keys" as const, "entries" as const)),
);
const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ on: fc.constant("list" as const), op: listOp }),
  fc.record({ on: fc.constant("dict" as const), op: dictOp }),
);
const programs = fc.array(fc.array(op, { maxLength: 12 }), { minLength: 3, maxLength: 3 });

function onList(list: unknown[], [name, ...args]: ListOp): unknown {
  const [first, second] = args as [never, never];
  const position = () => {
    if ((first as number) >= list.length || (first as number) < -list.length) return undefined;
    return (first as number) < 0 ? first as number + list.length : first as number;
  };
  const isSame = (each: unknown) => JSON.stringify(each) === JSON.stringify(first);
  switch (name) {
    case "toArray":
      return list.slice();
    case "length":
      return list.length;
    case "reverse":
      return void list.reverse();
    case "insert":
      list.splice(first, 0, second);
      return list.length;
    case "set":
      return position() === undefined ? "RangeError" : void (list[position()!] = second);
    case "delete":
      return position() === undefined ? "RangeError" : list.splice(position()!, 1)[0];
    case "includes":
      return list.some(isSame);
    case "indexOf":
      return list.findIndex(isSame);
    default:
      return (list[name] as (...args: unknown[]) => unknown)(...args);
  }
}

function onDict(map: Map<string, unknown>, [name, ...args]: DictOp): unknown {
  const [key, value] = args as [string, unknown];
  switch (name) {
    case "set":
      return void map.set(key, value);
    case "setDefault":
      if (!map.has(key)) map.set(key, value);
      return map.get(key);
    case "pop": {
      const before = map.get(key);
      map.delete(key);
      return before;
    }
    case "size":
      return map.size;
    case "keys":
    case "entries":
      return [...map[name]()];
    default:
      return map[name](key);
  }
}

/** Runs the logged operations on the model, one after the other. */
function replay(log: Logged[]): { list: unknown[]; map: Map<string, unknown> } {
  const list: unknown[] = [];
  const map = new Map<string, unknown>();
  for (const { on, op, result } of log) {
    assertEquals(result, on === "list" ? onList(list, op) : onDict(map, op), JSON.stringify({ on, op, log }));
  }
  return { list, map };
}

async function check(pool: Pool, lists: Op[][], kills: (number | undefined)[], nested: boolean): Promise<void> {
  using manager = new Manager();
  const list = manager.list<unknown>();
  const dict = manager.dict<string, unknown>();
  const log = manager.list<Logged>();
  await Promise.all(lists.map(async (ops, i) => {
    const call = pool.submit(runAndLog, { manager, list, dict, log }, ops, nested);
    const kill = kills[i];
    if (kill === undefined) return await call;
    await pause(kill);
    call.cancel();
    await call.catch(() => {});
  }));
  // The transaction of a killed thread is undone before this one begins.
  const { logged, ...state } = await manager.transaction(async () => ({
    logged: await log.toArray(),
    list: await list.toArray(),
    map: await dict.toMap(),
  }));
  assertEquals(state, replay(logged));
  if (kills.every((kill) => kill === undefined)) assertEquals(logged.length, lists.flat().length);
}

test("operations of three threads in transactions have a serial order", async () => {
  await using threads = new Pool(2);
  await using scoped = new Pool({ workers: 1, permissions: "none" });
  const mixed = {
    submit: (...args: Parameters<Pool["submit"]>) => (Math.random() < 0.4 ? scoped : threads).submit(...args),
  } as Pool;
  await fc.assert(
    fc.asyncProperty(programs, fc.boolean(), (lists, nested) => check(mixed, lists, [], nested)),
    { numRuns: RUNS, endOnFailure: true },
  );
}, { deadline: 120_000 });

test("all changes of a failed transaction are undone, also inside others, and the order of keys too", async () => {
  const mutations = fc.array(
    fc.oneof(
      op,
      fc.constant({ on: "dict" as const, op: ["clear"] as [string] }),
      fc.constant({ on: "dict" as const, op: ["update", [["c", 1], ["a", 2]]] as [string, unknown] }),
      fc.constant({ on: "list" as const, op: ["clear"] as [string] }),
    ),
    { minLength: 1, maxLength: 8 },
  );
  await fc.assert(
    fc.asyncProperty(mutations, mutations, fc.array(item), async (first, second, items) => {
      using manager = new Manager();
      const list = manager.list<unknown>(items);
      const dict = manager.dict<string, unknown>({ a: 1, b: 2 });
      const run = async (calls: { on: "list" | "dict"; op: readonly unknown[] }[]) => {
        for (const { on, op: [name, ...args] } of calls) {
          const object = (on === "list" ? list : dict) as unknown as Record<string, (...args: unknown[]) => unknown>;
          await Promise.resolve(object[name as string](...args)).catch((error) => assertInstanceOf(error, RangeError));
        }
      };
      const failing = async (calls: Parameters<typeof run>[0], inner: () => Promise<unknown>) => {
        await run(calls);
        await inner();
        await run(calls);
        throw new Error("mine");
      };
      const state = async () => [await list.toArray(), await dict.entries()];
      const before = await state();
      await assertRejects(() => manager.transaction(() => failing(first, async () => {})), Error, "mine");
      assertEquals(await state(), before);
      let between: unknown;
      const inner = async () => {
        between = await state();
        const undone = list.transaction(() => dict.transaction(() => failing(second, async () => {})));
        await assertRejects(() => undone, Error, "mine");
        assertEquals(await state(), between);
        await dict.transaction(() => run(second));
      };
      await assertRejects(() => manager.transaction(() => failing(first, inner)), Error, "mine");
      assertEquals(await state(), before);
    }),
    { numRuns: RUNS * 5, endOnFailure: true },
  );
}, { deadline: 120_000 });

test("a transaction of a thread that is killed at a random moment happens wholly or not at all", async () => {
  await using pool = new Pool({ workers: 3, killGrace: 0 });
  const kills = fc.array(fc.option(fc.integer({ min: 0, max: 30 }), { nil: undefined, freq: 3 }), {
    minLength: 3,
    maxLength: 3,
  });
  const long = fc.array(fc.array(op, { minLength: 20, maxLength: 40 }), { minLength: 3, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(long, kills, (lists, kills) => check(pool, lists, kills, false)),
    { numRuns: RUNS, endOnFailure: true },
  );
}, { deadline: 240_000 });

test("a call of a killed thread that has settled has run once", async () => {
  await using pool = new Pool({ workers: 3, killGrace: 0 });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 3, maxLength: 3 }), async (kills) => {
      using manager = new Manager();
      const list: ListProxy<number> = manager.list<number>();
      const done = manager.dict<number, number>();
      await Promise.all(kills.map(async (kill, i) => {
        const call = pool.submit(appendAndReport, list, done, i);
        await pause(kill);
        call.cancel();
        await call.catch(() => {});
      }));
      const items = await list.toArray();
      assertEquals(new Set(items).size, items.length);
      for (const [thread, count] of await done.entries()) {
        const own = items.filter((each) => Math.floor(each / 1e6) === thread).map((each) => each % 1e6);
        assertEquals(own.slice(0, count), Array.from({ length: count }, (_, n) => n));
      }
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
}, { deadline: 240_000 });

leavesNothing();
