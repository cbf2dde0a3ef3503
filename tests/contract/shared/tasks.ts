/**
 * The tasks of the contract of the shared objects. They import little but types, so that a scoped worker loads nothing else
 * with them.
 *
 * @module
 */
import type {
  BoundedSemaphore,
  Counter,
  Guard,
  Lock,
  RLock,
  Semaphore,
  SharedArray,
  SharedEvent,
} from "@isopool/isopool";
import { nameOf } from "../../support/name_of.ts";

/** How a task ends while it holds a lock; `stay` and `block` wait to be stopped. */
export type Ending = "exit" | "uncaught" | "oom" | "stay" | "block" | "spin";

/** The objects that can be acquired. */
export type Acquirable = Lock | RLock | Semaphore | BoundedSemaphore;

export * from "./wait_tasks.ts";
export * from "./number_tasks.ts";

// Keeps guards and garbage alive until the thread ends.
const retained: unknown[] = [];

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
      for (;;) retained.push(new Array(10_000).fill(retained.length + 0.5));
    case "block":
      for (const words = new Int32Array(new SharedArrayBuffer(4));;) Atomics.wait(words, 0, 0, 50);
    case "spin":
      for (;;);
  }
  return await new Promise<never>(() => {});
}

/** Increments plainly under a lock: increments are lost if two threads are ever inside. */
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

/** Counts the holders of permits in element 0, and keeps their maximum in element 1. */
export function crowd(permits: Acquirable, array: SharedArray<"i32">, times: number): void {
  for (let i = 0; i < times; i++) {
    using _guard = permits.acquireSync();
    const inside = array.add(0, 1) + 1;
    array.update(1, (peak) => Math.max(peak, inside));
    array.sub(0, 1);
  }
}

/** Takes a re-entrant lock three times; returns after each release whether the lock was free for others. */
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

/** Acquires in each way; returns how each attempt ended. */
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

/** Throws inside a block that has the guard in a `using`. */
export function throwInside(lock: Acquirable): never {
  using _guard = lock.acquireSync();
  throw new RangeError("inside");
}

/** Acquires, counts that in `held`, and ends without a release. */
export async function holdAndEnd(lock: Acquirable, held: Counter, how: Ending): Promise<void> {
  retained.push(await lock.acquire());
  held.add();
  await end(how);
}

/** Acquires, and holds until the event is set. */
export async function hold(lock: Acquirable, held: Counter, until: SharedEvent): Promise<void> {
  using _guard = await lock.acquire();
  held.add();
  await until.wait();
}

/** Spins forever with the lock held, before any await. */
export function holdAndSpin(lock: Acquirable, held: Counter): never {
  using _guard = lock.acquireSync();
  held.add();
  for (;;);
}

export function release(semaphore: Semaphore, count: number): void {
  semaphore.release(count);
}

/** Waits for a lock, and keeps its event loop from turning, so that it cannot use a notification. */
export async function waitBusily(lock: Lock, waiting: Counter, busy: Counter): Promise<void> {
  const waits = lock.acquire({ timeout: 20_000 });
  waiting.add();
  while (busy.get() === 0);
  (await waits).release();
}

/** Waits for a lock, blocking or not; returns how that ended. */
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
