/**
 * Random operations of three threads against a model: each writes down what it did, and what came of it, inside of the
 * same transaction. So the log is an order in which all of them could have run one after the other; the model runs them
 * so, and must see the same results and end in the same state.
 *
 * @module
 */
import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import fc from "fast-check";
import { DeadlockError, type ListProxy, Manager, Pool, tasks } from "@isopool/isopool";
import { leavesNothing } from "../support/leaks.ts";
import { pause, test, within } from "../support/within.ts";
import type { DictOp, ListOp, Logged, Op } from "./property_tasks.ts";

const { play, scatter } = tasks<typeof import("./property_tasks.ts")>(import.meta.resolve("./property_tasks.ts"));

const RUNS = Number(Deno.env.get("ISOPOOL_RUNS") ?? 12);

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
  const place = () => {
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
      return place() === undefined ? "RangeError" : void (list[place()!] = second);
    case "delete":
      return place() === undefined ? "RangeError" : list.splice(place()!, 1)[0];
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

/** Runs what was logged, one after the other. */
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
    const call = pool.submit(play, { manager, list, dict, log }, ops, nested);
    const kill = kills[i];
    if (kill === undefined) return await call;
    await pause(kill);
    call.cancel();
    await call.catch(() => {});
  }));
  // What was killed has its transaction undone before anybody else can look.
  const { logged, ...state } = await manager.transaction(async () => ({
    logged: await log.toArray(),
    list: await list.toArray(),
    map: await dict.toMap(),
  }));
  assertEquals(state, replay(logged));
  if (kills.every((kill) => kill === undefined)) assertEquals(logged.length, lists.flat().length);
}

test("operations of three threads in transactions are as if they had run one after the other", async () => {
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

test("whatever a transaction that fails has done, also inside of others, is undone, order and all", async () => {
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

test("threads that are killed at random moments: each transaction is done wholly or not at all", async () => {
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

test("plain calls of killed threads: what was acknowledged is there, once", async () => {
  await using pool = new Pool({ workers: 3, killGrace: 0 });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 3, maxLength: 3 }), async (kills) => {
      using manager = new Manager();
      const list: ListProxy<number> = manager.list<number>();
      const done = manager.dict<number, number>();
      await Promise.all(kills.map(async (kill, i) => {
        const call = pool.submit(scatter, list, done, i);
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

/** What a task does: takes an object alone and goes on inside, or calls one. */
type Nest = { take: number; inside: Nest[] } | { call: number };

const { nest } = fc.letrec<{ nest: Nest }>((tie) => ({
  nest: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.record({ call: fc.integer({ min: 0, max: 2 }) }),
    fc.record({ take: fc.integer({ min: -1, max: 2 }), inside: fc.array(tie("nest"), { maxLength: 3 }) }),
  ),
}));

test(
  "random nests of transactions, calls and async methods: nothing waits for ever, nobody is beside another",
  async () => {
    class Slow {
      async act(n: number): Promise<number> {
        await Promise.resolve();
        return n;
      }
    }
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(nest, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 5 }),
        fc.boolean(),
        async (programs, sideBySide) => {
          using manager = new Manager();
          const objects = [manager.list<number>(), manager.value(0), manager.register(Slow)()] as const;
          const call = (i: number) => [() => objects[0].push(1), () => objects[1].set(1), () => objects[2].act(1)][i]();
          // Who has what alone: an object, or all (-1).
          const holders = new Map<number, Set<number>>();
          const check = (task: number, what: number) => {
            for (const [taken, tasks] of holders) {
              if (what !== -1 && taken !== -1 && what !== taken) continue;
              for (const other of tasks) if (other !== task) throw new Error(`${task} and ${other} both have ${what}`);
            }
          };
          const run = async (task: number, nest: Nest): Promise<void> => {
            if ("call" in nest) return void await call(nest.call);
            const object = nest.take < 0 ? manager : objects[nest.take];
            await object.transaction(async () => {
              check(task, nest.take);
              const mine = holders.get(nest.take) ?? new Set();
              holders.set(nest.take, mine.add(task));
              try {
                await all(task, nest.inside);
              } finally {
                mine.delete(task);
              }
            }).catch((error) => assertInstanceOf(error, DeadlockError));
          };
          const all = async (task: number, nests: Nest[]) => {
            if (sideBySide) await Promise.all(nests.map((each) => run(task, each)));
            else for (const each of nests) await run(task, each);
          };
          await within(10_000, Promise.all(programs.map((nests, task) => all(task, nests).catch(onlyDeadlocks))));
          // And all is free again.
          await within(5_000, manager.transaction(() => Promise.all([0, 1, 2].map(call))));
        },
      ),
      { numRuns: RUNS * 20, endOnFailure: true },
    );
  },
  { deadline: 240_000 },
);

function onlyDeadlocks(error: unknown): void {
  assertInstanceOf(error, DeadlockError);
}

leavesNothing();
