/**
 * Tasks that use this module's shared memory and queues.
 *
 * @module
 */
import type { Counter, Lock, Queue, SharedArray, Value } from "../../mod.ts";
import { MESSAGES } from "../workloads/payloads.mjs";
import { now, together } from "./operations.mjs";

type Interval = [begin: number, end: number];

/** A barrier of four shared bytes, at which the threads start together; the number of threads; each thread's repetitions. */
export type Run = [barrier: SharedArrayBuffer, threads: number, count: number];

export function lock([barrier, threads, count]: Run, lock: Lock, numbers: SharedArray<"i32">): Interval {
  const { view } = numbers;
  return together(barrier, threads, count, () => {
    const guard = lock.acquireSync();
    view[0]++;
    guard.release();
  });
}

/** The same with `using`, whose own cost in V8 is measured along with the lock. */
export function lockUsing([barrier, threads, count]: Run, lock: Lock, numbers: SharedArray<"i32">): Interval {
  const { view } = numbers;
  return together(barrier, threads, count, () => {
    using _guard = lock.acquireSync();
    view[0]++;
  });
}

export function counter([barrier, threads, count]: Run, counter: Counter): Interval {
  return together(barrier, threads, count, () => counter.add());
}

export function value([barrier, threads, count]: Run, value: Value<"i32">): Interval {
  return together(barrier, threads, count, () => value.set(value.get() + 1));
}

export function putSync(queue: Queue<unknown>, payload: string, count: number): Interval {
  const { make } = MESSAGES[payload];
  const begin = now();
  for (let i = 0; i < count; i++) queue.putSync(make(i));
  return [begin, now()];
}

export function getSync(queue: Queue<unknown>, count: number): Interval {
  const begin = now();
  for (let i = 0; i < count; i++) queue.getSync();
  return [begin, now()];
}

export async function put(queue: Queue<unknown>, payload: string, count: number): Promise<Interval> {
  const { make } = MESSAGES[payload];
  const begin = now();
  for (let i = 0; i < count; i++) await queue.put(make(i));
  return [begin, now()];
}

export async function get(queue: Queue<unknown>, count: number): Promise<Interval> {
  const begin = now();
  for (let i = 0; i < count; i++) await queue.get();
  return [begin, now()];
}
