/**
 * This module's shared memory and queues, as a contestant. The variant `async` awaits puts and gets; the variant `using`
 * releases locks by `using`.
 *
 * @module
 */
import { Counter, Lock, Pool, Queue, SharedArray, tasks, Value } from "../../mod.ts";
import type { Run } from "../tasks/isopool_shared.ts";
import { expect } from "../workloads/measure.mjs";
import { serve } from "./driver.mjs";

const TASKS = tasks<typeof import("../tasks/isopool_shared.ts")>(import.meta.resolve("../tasks/isopool_shared.ts"));

/** Submits an operation's task, and reads the number that it changes. */
type Operation = [submit: (pool: Pool, run: Run) => PromiseLike<[number, number]>, number: () => number];

const OPERATIONS: Record<string, () => Operation> = {
  lock: () => locked(TASKS.lock),
  lock_using: () => locked(TASKS.lockUsing),
  counter() {
    const counter = new Counter();
    return [(pool, run) => pool.submit(TASKS.counter, run, counter), () => counter.get()];
  },
  value() {
    const value = new Value("i32", 0);
    return [(pool, run) => pool.submit(TASKS.value, run, value), () => value.get()];
  },
};

function locked(task: typeof TASKS.lock): Operation {
  const [lock, numbers] = [new Lock(), new SharedArray("i32", 1)];
  return [(pool, run) => pool.submit(task, run, lock, numbers), () => numbers.get(0)];
}

await serve((variant) => ({
  operate(name: string, threads: number) {
    const pool = new Pool(threads);
    const [submit, number] = OPERATIONS[variant === "using" ? `${name}_using` : name]();
    return {
      async run(count: number) {
        const before = number();
        const barrier = new SharedArrayBuffer(4);
        const runs = Array.from({ length: threads }, () => submit(pool, [barrier, threads, count]));
        const intervals = await Promise.all(runs);
        expect(number() - before, threads * count);
        return intervals;
      },
      close: () => pool[Symbol.asyncDispose](),
    };
  },
  channel(payload: string) {
    const pool = new Pool(2);
    const queue = new Queue<unknown>();
    const [put, get] = variant === "async" ? [TASKS.put, TASKS.get] : [TASKS.putSync, TASKS.getSync];
    return {
      run: (count: number) => Promise.all([pool.submit(put, queue, payload, count), pool.submit(get, queue, count)]),
      close: () => pool[Symbol.asyncDispose](),
    };
  },
}));
