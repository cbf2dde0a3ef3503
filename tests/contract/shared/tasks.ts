/**
 * Tasks of the contract of the shared objects. They import types and little else, so that a scoped worker loads nothing
 * with them.
 *
 * @module
 */
import type {
  Barrier,
  BoundedSemaphore,
  Condition,
  Counter,
  Guard,
  Lock,
  RLock,
  Semaphore,
  SharedArray,
  SharedEvent,
  Value,
} from "@isopool/isopool";
import { nameOf } from "../../support/name_of.ts";

/** How a task ends in the middle of something; `stay` and `block` wait to be stopped. */
export type Ending = "exit" | "uncaught" | "oom" | "stay" | "block" | "spin";

/** What can be acquired. */
export type Acquirable = Lock | RLock | Semaphore | BoundedSemaphore;

export * from "./number_tasks.ts";

const kept: unknown[] = [];

async function end(how: Ending): Promise<never> {
  switch (how) {
    case "exit":
      Deno.exit(0);
      break;
    case "uncaught":
      setTimeout(() => {
        throw new Error("on purpose");
      }, 0);
      break;
    case "oom":
      for (;;) kept.push(new Array(10_000).fill(kept.length + 0.5));
    case "block":
      for (const words = new Int32Array(new SharedArrayBuffer(4));;) Atomics.wait(words, 0, 0, 50);
    case "spin":
      for (;;);
  }
  return await new Promise<never>(() => {});
}

/** Plain increments under a lock, which lose some if two are ever inside. */
export function guarded(lock: Acquirable, array: SharedArray<"i32">, times: number): void {
  for (let i = 0; i < times; i++) {
    using _guard = lock.acquireSync();
    array.view[0]++;
  }
}

export async function guardedAsync(lock: Acquirable, array: SharedArray<"i32">, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    using _guard = await lock.acquire();
    array.view[0]++;
  }
}

/** Counts those inside in element 0, and the most there ever were in 1. */
export function crowd(permits: Acquirable, array: SharedArray<"i32">, times: number): void {
  for (let i = 0; i < times; i++) {
    using _guard = permits.acquireSync();
    const inside = array.add(0, 1) + 1;
    array.update(1, (peak) => Math.max(peak, inside));
    array.sub(0, 1);
  }
}

/** Takes a reentrant lock three deep, and says after each step whether others could have it. */
export async function reenter(lock: RLock): Promise<boolean[]> {
  const free = () => {
    const guard = lock.tryAcquire();
    guard?.release();
    return guard !== undefined;
  };
  const outer = await lock.acquire();
  const inner = outer.acquire();
  const innermost = inner.acquire();
  const seen = [free()];
  for (const guard of [outer, innermost, inner]) {
    guard.release();
    seen.push(free());
  }
  return seen;
}

/** Acquires in each of the three ways, and says how each ended. */
export async function attempts(lock: Acquirable, timeout: number): Promise<string[]> {
  const tried = lock.tryAcquire();
  tried?.release();
  return [
    tried ? "ok" : "taken",
    await nameOf(() => lock.acquireSync({ timeout }).release()),
    await nameOf(async () => (await lock.acquire({ timeout })).release()),
    await nameOf(async () => (await lock.acquire({ signal: AbortSignal.timeout(timeout) })).release()),
  ];
}

/** Releases a guard twice. */
export function releaseTwice(lock: Acquirable): Promise<string> {
  return nameOf(() => {
    const guard: Guard = lock.acquireSync();
    guard.release();
    guard.release();
  });
}

/** A block that throws, with the guard in a `using`. */
export function throwInside(lock: Acquirable): never {
  using _guard = lock.acquireSync();
  throw new RangeError("inside");
}

/** Takes, tells, and ends holding it. */
export async function holdAndEnd(lock: Acquirable, held: Counter, how: Ending): Promise<void> {
  kept.push(await lock.acquire());
  held.add();
  await end(how);
}

/** Takes and holds until the event. */
export async function hold(lock: Acquirable, held: Counter, until: SharedEvent): Promise<void> {
  using _guard = await lock.acquire();
  held.add();
  await until.wait();
}

/** Spins with the lock held, before any await. */
export function holdAndSpin(lock: Acquirable, held: Counter): never {
  using _guard = lock.acquireSync();
  held.add();
  for (;;);
}

export function release(semaphore: Semaphore, count: number): void {
  semaphore.release(count);
}

/** Waits for a lock, and keeps its event loop from turning: it cannot take what it is notified of. */
export async function waitBusily(lock: Lock, waiting: Counter, busy: Counter): Promise<void> {
  const waits = lock.acquire({ timeout: 20_000 });
  waiting.add();
  while (busy.get() === 0);
  (await waits).release();
}

/** Waits for a lock, blocked or not, and tells how that ended. */
export function waitForLock(
  lock: Lock | RLock,
  waiting: Counter,
  sync: boolean,
  options: { timeout?: number; recover?: boolean } = {},
): Promise<string> {
  return nameOf(async () => {
    waiting.add();
    using guard = sync ? lock.acquireSync(options) : await lock.acquire(options);
    if (guard.recovered) throw Object.assign(new Error(), { name: "recovered" });
  });
}

export function waitForEvent(event: SharedEvent, waiting: Counter, sync: boolean, timeout?: number): Promise<string> {
  return nameOf(async () => {
    waiting.add();
    if (sync) event.waitSync({ timeout });
    else await event.wait({ timeout });
  });
}

export function set(event: SharedEvent): void {
  event.set();
}

/** Waits for a notification, and counts those that came. */
export function awaitCondition(
  condition: Condition,
  waiting: Counter,
  woken: Counter,
  sync: boolean,
  timeout?: number,
): Promise<string> {
  return nameOf(async () => {
    using guard = sync ? condition.acquireSync() : await condition.acquire();
    waiting.add();
    if (sync) condition.waitSync(guard, { timeout });
    else await condition.wait(guard, { timeout });
    woken.add();
  });
}

/** Waits for a value under a condition, as CPython's `wait_for`. */
export function awaitValue(
  condition: Condition,
  value: Value<"i32">,
  goal: number,
  sync: boolean,
  timeout?: number,
): Promise<string> {
  return nameOf(async () => {
    using guard = await condition.acquire();
    value.set(0);
    condition.notify(guard);
    const reached = () => value.get() === goal;
    if (sync) condition.waitForSync(guard, reached, { timeout });
    else await condition.waitFor(guard, reached, { timeout });
  });
}

export async function notify(condition: Condition, count: number): Promise<void> {
  using guard = await condition.acquire();
  condition.notify(guard, count);
}

/** Takes items until there are none left to come. */
export function consume(condition: Condition, items: Value<"i32">, taken: Counter): void {
  for (;;) {
    using guard = condition.acquireSync();
    condition.waitForSync(guard, () => items.get() !== 0);
    if (items.get() < 0) return;
    items.sub(1);
    taken.add();
  }
}

/** One meeting; gives the index, or the name of the error. */
export async function meet(barrier: Barrier, sync: boolean, timeout?: number): Promise<number | string> {
  let index = -1;
  const name = await nameOf(async () => {
    index = sync ? barrier.waitSync({ timeout }) : await barrier.wait({ timeout });
  });
  return name === "ok" ? index : name;
}

/** Adds between two meetings, round after round: nobody may see a sum that is not complete. */
export function lockstep(barrier: Barrier, array: SharedArray<"i32">, rounds: number): void {
  for (let round = 1; round <= rounds; round++) {
    array.add(0, 1);
    barrier.waitSync();
    if (array.get(0) !== round * barrier.parties) array.add(1, 1);
    if (barrier.waitSync() === 0) array.add(2, 1);
  }
}

/** One of those that met does something to the barrier, the others meet again. */
export async function disturb(barrier: Barrier, how: "abort" | "reset", sync: boolean): Promise<string> {
  const first = sync ? barrier.waitSync() : await barrier.wait();
  if (first !== 0) return String(await meet(barrier, sync));
  while (barrier.waiting < barrier.parties - 1) await new Promise((resolve) => setTimeout(resolve, 1));
  barrier[how]();
  return how;
}

/** As {@linkcode meet}, with no await before it blocks: a time limit strikes in the middle of the wait. */
export function meetSync(barrier: Barrier): number {
  return barrier.waitSync();
}

/** As {@linkcode awaitCondition}, with no await before it blocks. */
export function waitCondition(condition: Condition, waiting: Counter, woken: Counter): void {
  using guard = condition.acquireSync();
  waiting.add();
  condition.waitSync(guard);
  woken.add();
}
