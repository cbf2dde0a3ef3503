/**
 * Random nests of transactions: no deadlock stays undetected, and no two tasks are inside one exclusive transaction.
 *
 * @module
 */
import { assertInstanceOf } from "@std/assert";
import fc from "fast-check";
import { DeadlockError, Manager } from "@isopool/isopool";
import { leavesNothing } from "../support/leaks.ts";
import { test, within } from "../support/within.ts";
import { rounds } from "../support/rounds.ts";

const RUNS = rounds(8, 100);

/** An action of a task: a transaction with actions inside, or a call. Object -1 is the whole manager. */
type Nest = { take: number; inside: Nest[] } | { call: number };

const { nest } = fc.letrec<{ nest: Nest }>((tie) => ({
  nest: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.record({ call: fc.integer({ min: 0, max: 2 }) }),
    fc.record({ take: fc.integer({ min: -1, max: 2 }), inside: fc.array(tie("nest"), { maxLength: 3 }) }),
  ),
}));

test(
  "random nests of transactions, calls and async methods: none waits for ever, and transactions are exclusive",
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
          // By object: the tasks inside a transaction on it.
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
          // Afterwards every object is free again.
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
