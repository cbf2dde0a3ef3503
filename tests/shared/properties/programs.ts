/**
 * The tasks of the random tests of the shared objects: each interprets a random program.
 *
 * @module
 */
import type { Barrier, Condition, Counter, Guard, RLock, SharedArray, SharedEvent } from "@isopool/isopool";
import type { Acquirable } from "../../contract/shared/tasks.ts";

/** A number of a random program. */
export type Scalar = number | bigint | boolean;

/** One operation on a number. */
export type Op =
  | { readonly op: "get" }
  | { readonly op: "set" | "add" | "sub" | "exchange"; readonly value: Scalar }
  | { readonly op: "compareExchange"; readonly expected: Scalar; readonly value: Scalar }
  | { readonly op: "update"; readonly by: keyof typeof CHANGES };

/** Functions for `update`. Each takes numbers, bigints and booleans, and may return a value that does not fit the type. */
export const CHANGES = {
  same: (value: Scalar): Scalar => value,
  negative: (value: Scalar): Scalar => typeof value === "boolean" ? !value : -value,
  double: (value: Scalar): Scalar =>
    typeof value === "boolean" ? value : typeof value === "bigint" ? value * 2n : value * 2,
  half: (value: Scalar): Scalar =>
    typeof value === "boolean" ? value : typeof value === "bigint" ? value / 2n : value / 2,
  foreign: (_: Scalar): Scalar => "no number" as never,
};

/** The methods that Value, Counter and an element of an array share. */
export interface SharedNumber {
  get(): unknown;
  set(value: unknown): unknown;
  add(value: unknown): unknown;
  sub(value: unknown): unknown;
  exchange(value: unknown): unknown;
  compareExchange?(expected: unknown, value: unknown): unknown;
  update?(change: (value: never) => unknown): unknown;
}

/** Makes a shared number of one element of an array. */
export function elementOf(array: SharedArray<"i32">, at: number): SharedNumber {
  return {
    get: () => array.get(at),
    set: (value) => array.set(at, value as number),
    add: (value) => array.add(at, value as number),
    sub: (value) => array.sub(at, value as number),
    exchange: (value) => array.exchange(at, value as number),
    compareExchange: (expected, value) => array.compareExchange(at, expected as number, value as number),
    update: (change) => array.update(at, change as never),
  };
}

/** Runs one operation; returns its result, or the name of its error. */
export function perform(cell: SharedNumber, op: Op): unknown {
  try {
    switch (op.op) {
      case "get":
        return cell.get();
      case "compareExchange":
        return cell.compareExchange!(op.expected, op.value);
      case "update":
        return cell.update!(CHANGES[op.by] as never);
      default:
        return cell[op.op](op.value);
    }
  } catch (error) {
    return (error as Error).name;
  }
}

/** Runs operations on a number, or on an element of an array. */
export function performAll(cell: SharedNumber | SharedArray<"i32">, at: number | undefined, ops: Op[]): unknown[] {
  const one = at === undefined ? cell as SharedNumber : elementOf(cell as SharedArray<"i32">, at);
  return ops.map((op) => perform(one, op));
}

/** Adds each amount; logs each result, and in element 0 how many amounts were added. */
export function addAll(cell: SharedNumber, log: SharedArray<"i32">, amounts: number[]): void {
  amounts.forEach((amount, i) => {
    log.set(i + 1, cell.add(amount) as number);
    log.set(0, i + 1);
  });
}

/** One attempt at a lock or permit. */
export interface Attempt {
  readonly how: "sync" | "async" | "try" | "syncLimit" | "asyncLimit" | "signal";
  readonly limit: number;
  /** What the holder does: nothing, a turn of the event loop, or a loop of work. */
  readonly inside: "quick" | "turn" | "busy";
  /** How often the holder takes a re-entrant lock again. */
  readonly depth: number;
  /** Whether all guards but one are released before the work, or all of them at the end of the block. */
  readonly by: "using" | "release";
}

/** Elements of the array that the lock guards. */
export const Guarded = { PLAIN: 0, ATOMIC: 1, INSIDE: 2, WRONG: 3, PEAK: 4, TRIED: 5 } as const;

const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 1));

function gaveUp(error: unknown): undefined {
  const { name } = error as Error;
  if (name !== "WaitTimeoutError" && name !== "TimeoutError") throw error;
}

async function take(lock: Acquirable, attempt: Attempt): Promise<Guard | undefined> {
  const recover = "locked" in lock ? { recover: true } : {};
  const { how, limit: timeout } = attempt;
  switch (how) {
    case "sync":
      return lock.acquireSync(recover);
    case "async":
      return await lock.acquire(recover);
    case "try":
      return lock.tryAcquire();
    case "syncLimit":
      try {
        return lock.acquireSync({ timeout, ...recover });
      } catch (error) {
        return gaveUp(error);
      }
    case "asyncLimit":
      return await lock.acquire({ timeout, ...recover }).catch(gaveUp);
    case "signal":
      return await lock.acquire({ signal: AbortSignal.timeout(timeout), ...recover }).catch(gaveUp);
  }
}

// A thread that recovers the lock repairs what it guards: the plain count may be one ahead.
async function exclusively(words: SharedArray<"i32">, guard: Guard, { inside }: Attempt, me: number): Promise<void> {
  const before = words.exchange(Guarded.INSIDE, me);
  if (guard.recovered) words.view[Guarded.PLAIN] = words.get(Guarded.ATOMIC);
  else if (before !== 0) words.add(Guarded.WRONG, 1);
  const plain = words.view[Guarded.PLAIN];
  if (inside === "turn") await turn();
  else if (inside === "busy") { for (let i = 0; i < 2_000; i++) Math.sqrt(i); }
  words.view[Guarded.PLAIN] = plain + 1;
  words.add(Guarded.ATOMIC, 1);
  if (words.exchange(Guarded.INSIDE, 0) !== me) words.add(Guarded.WRONG, 1);
}

/** Runs attempts at a lock. Each holder increments plainly. */
export async function contend(
  lock: Acquirable,
  words: SharedArray<"i32">,
  attempts: Attempt[],
  me: number,
): Promise<void> {
  for (const attempt of attempts) {
    words.add(Guarded.TRIED, 1);
    const guard = await take(lock, attempt);
    if (guard === undefined) continue;
    const held = [guard];
    if ("acquire" in guard) { for (let i = 0; i < attempt.depth; i++) held.push(reenter(guard as never)); }
    using stack = new DisposableStack();
    for (const each of held) stack.use(each);
    // One guard is enough to hold the lock.
    if (attempt.by === "release") { while (held.length > 1) held.shift()!.release(); }
    await exclusively(words, guard, attempt, me);
  }
}

const reenter = (guard: Awaited<ReturnType<RLock["acquire"]>>) => guard.acquire();

/** Runs attempts at permits, by their `how`, their `limit` and inside "turn" alone. Counts the holders, and their maximum. */
export async function crowd(permits: Acquirable, words: SharedArray<"i32">, attempts: Attempt[]): Promise<void> {
  for (const attempt of attempts) {
    words.add(Guarded.TRIED, 1);
    using guard = await take(permits, attempt);
    if (guard === undefined) continue;
    const now = words.add(Guarded.INSIDE, 1) + 1;
    words.update(Guarded.PEAK, (peak) => Math.max(peak, now));
    if (attempt.inside === "turn") await turn();
    words.sub(Guarded.INSIDE, 1);
  }
}

/** How a party waits at a barrier. */
export interface Party {
  readonly sync: boolean;
  readonly timeout: number | undefined;
  readonly late: boolean;
  readonly act: "wait" | "abort";
}

/** Waits at a barrier; returns the index, or the name of the error. */
export async function waitAtBarrier(barrier: Barrier, { sync, timeout, late, act }: Party): Promise<number | string> {
  if (late) await turn();
  if (act === "abort") {
    barrier.abort();
    return "abort";
  }
  try {
    return sync ? barrier.waitSync({ timeout }) : await barrier.wait({ timeout });
  } catch (error) {
    return (error as Error).name;
  }
}

/** Waits for an event several times; returns how often it passed although the event was clear all the time. */
export async function watch(event: SharedEvent, sets: Counter, clears: Counter, syncs: boolean[]): Promise<number> {
  let wrong = 0;
  for (const sync of syncs) {
    // The order matters: if the two are equal, every set had been cleared before `sets` was read.
    const [cleared, set] = [clears.get(), sets.get()];
    if (sync) event.waitSync();
    else await event.wait();
    if (cleared === set && sets.get() === set) wrong++;
  }
  return wrong;
}

/**
 * Waits for notifications; counts, under the lock, the waits that last, that a notification ended, and that gave up. A wait
 * that fails because the lock's holder was killed counts as given up.
 */
export async function sleepAll(
  condition: Condition,
  words: SharedArray<"i32">,
  waits: { sync: boolean; timeout: number | undefined }[],
): Promise<void> {
  for (const { sync, timeout } of waits) {
    using guard = sync ? condition.acquireSync({ recover: true }) : await condition.acquire({ recover: true });
    words.add(Sleepers.WAITING, 1);
    let end: keyof typeof Sleepers = "WOKEN";
    try {
      if (sync) condition.waitSync(guard, { timeout });
      else await condition.wait(guard, { timeout });
    } catch (error) {
      if ((error as Error).name !== "LockAbandonedError") gaveUp(error);
      end = "GAVE_UP";
    }
    words.sub(Sleepers.WAITING, 1);
    words.add(Sleepers[end], 1);
  }
}

/** Elements of the array that counts the waits. */
export const Sleepers = { WAITING: 0, WOKEN: 1, GAVE_UP: 2 } as const;
