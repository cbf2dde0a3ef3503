/**
 * Tasks that wait for events, in conditions and at barriers. A part of tasks.ts.
 *
 * @module
 */
import type { Barrier, Condition, Counter, SharedArray, SharedEvent, Value } from "@isopool/isopool";
import { nameOf } from "../../support/name_of.ts";

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

/** Waits for a notification, and counts it. */
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

/** Sets a value to 0 and notifies; then waits under the condition until it is `goal`, as CPython's test of `wait_for`. */
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

/** Takes items until a negative number says that no more will come. */
export function consume(condition: Condition, items: Value<"i32">, taken: Counter): void {
  for (;;) {
    using guard = condition.acquireSync();
    condition.waitForSync(guard, () => items.get() !== 0);
    if (items.get() < 0) return;
    items.sub(1);
    taken.add();
  }
}

/** Waits at a barrier once; returns the index, or the name of the error. */
export async function meet(barrier: Barrier, sync: boolean, timeout?: number): Promise<number | string> {
  let index = -1;
  const name = await nameOf(async () => {
    index = sync ? barrier.waitSync({ timeout }) : await barrier.wait({ timeout });
  });
  return name === "ok" ? index : name;
}

/** Adds between two waits at a barrier, round after round, and counts in element 1 each sum that is not complete. */
export function lockstep(barrier: Barrier, array: SharedArray<"i32">, rounds: number): void {
  for (let round = 1; round <= rounds; round++) {
    array.add(0, 1);
    barrier.waitSync();
    if (array.get(0) !== round * barrier.parties) array.add(1, 1);
    if (barrier.waitSync() === 0) array.add(2, 1);
  }
}

/** Waits at a barrier; the party with index 0 then aborts or resets the barrier while the others wait again. */
export async function disturb(barrier: Barrier, how: "abort" | "reset", sync: boolean): Promise<string> {
  const first = sync ? barrier.waitSync() : await barrier.wait();
  if (first !== 0) return String(await meet(barrier, sync));
  while (barrier.waiting < barrier.parties - 1) await new Promise((resolve) => setTimeout(resolve, 1));
  barrier[how]();
  return how;
}

/** Waits at a barrier, with no await before it blocks: a task timeout ends it in the middle of the wait. */
export function meetAtOnce(barrier: Barrier): number {
  return barrier.waitSync();
}

/** Waits for a notification, with no await before it blocks, and counts it. */
export function awaitConditionAtOnce(condition: Condition, waiting: Counter, woken: Counter): void {
  using guard = condition.acquireSync();
  waiting.add();
  condition.waitSync(guard);
  woken.add();
}
