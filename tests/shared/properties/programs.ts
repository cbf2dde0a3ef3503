/**
 * What a worker does in the random tests of the shared objects: interprets a program.
 *
 * @module
 */
import type { Barrier, Condition, Counter, Guard, RLock, SharedArray, SharedEvent } from "@isopool/isopool";
import type { Acquirable } from "../../contract/shared/tasks.ts";

/** A number, as far as a random program goes. */
export type Scalar = number | bigint | boolean;

/** One operation on a number. */
export type Op =
  | { readonly op: "get" }
  | { readonly op: "set" | "add" | "sub" | "exchange"; readonly value: Scalar }
  | { readonly op: "compareExchange"; readonly expected: Scalar; readonly value: Scalar }
  | { readonly op: "update"; readonly by: keyof typeof CHANGES };

/** What `update` may do. Each is defined for numbers, bigints and booleans, and may give what does not fit. */
export const CHANGES = {
  same: (value: Scalar): Scalar => value,
  negative: (value: Scalar): Scalar => typeof value === "boolean" ? !value : -value,
  double: (value: Scalar): Scalar =>
    typeof value === "boolean" ? value : typeof value === "bigint" ? value * 2n : value * 2,
  half: (value: Scalar): Scalar =>
    typeof value === "boolean" ? value : typeof value === "bigint" ? value / 2n : value / 2,
  foreign: (_: Scalar): Scalar => "no number" as never,
};

/** The methods of Value, Counter, or of an element. */
export interface Cell {
  get(): unknown;
  set(value: unknown): unknown;
  add(value: unknown): unknown;
  sub(value: unknown): unknown;
  exchange(value: unknown): unknown;
  compareExchange?(expected: unknown, value: unknown): unknown;
  update?(change: (value: never) => unknown): unknown;
}

/** One element of an array as a cell. */
export function elementOf(array: SharedArray<"i32">, at: number): Cell {
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

/** Runs one operation; what it gives, or the class of what it throws. */
export function perform(cell: Cell, op: Op): unknown {
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

/** Runs operations on one cell, or on an element of an array. */
export function performAll(cell: Cell | SharedArray<"i32">, at: number | undefined, ops: Op[]): unknown[] {
  const one = at === undefined ? cell as Cell : elementOf(cell as SharedArray<"i32">, at);
  return ops.map((op) => perform(one, op));
}

/** Adds each amount, and writes down what was there before, and how far it has come. */
export function addAll(cell: Cell, log: SharedArray<"i32">, amounts: number[]): void {
  amounts.forEach((amount, i) => {
    log.set(i + 1, cell.add(amount) as number);
    log.set(0, i + 1);
  });
}

/** One attempt at a lock or permit. */
export interface Attempt {
  readonly how: "sync" | "async" | "try" | "syncLimit" | "asyncLimit" | "signal";
  readonly limit: number;
  /** What it does inside: nothing, a turn of the loop, or a while of work. */
  readonly inside: "quick" | "turn" | "busy";
  /** How deep it enters what is reentrant. */
  readonly depth: number;
  /** Whether what it holds beyond need is given back before, or all of it at the end of the block. */
  readonly by: "using" | "release";
}

/** Words of what the lock guards. */
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

// Whoever takes a lock over from a dead thread repairs what it guards: the plain count may be one ahead.
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

/** Runs attempts at a lock. All that get in count plainly. */
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
    // Any one of them is enough.
    if (attempt.by === "release") { while (held.length > 1) held.shift()!.release(); }
    await exclusively(words, guard, attempt, me);
  }
}

const reenter = (guard: Awaited<ReturnType<RLock["acquire"]>>) => guard.acquire();

/** Runs attempts at permits. All that get in are counted, and the most there ever were. */
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

/** How a party comes to a barrier. */
export interface Coming {
  readonly sync: boolean;
  readonly timeout: number | undefined;
  readonly late: boolean;
  readonly act: "wait" | "abort";
}

/** Comes to a barrier; gives its index, or the name of the error. */
export async function come(barrier: Barrier, { sync, timeout, late, act }: Coming): Promise<number | string> {
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

/** Waits for an event so many times; gives how often it passed although the event was clear all the while. */
export async function watch(event: SharedEvent, sets: Counter, clears: Counter, syncs: boolean[]): Promise<number> {
  let wrong = 0;
  for (const sync of syncs) {
    // In this order: if they are equal, every set was cleared before the second look.
    const [cleared, set] = [clears.get(), sets.get()];
    if (sync) event.waitSync();
    else await event.wait();
    if (cleared === set && sets.get() === set) wrong++;
  }
  return wrong;
}

/**
 * Waits for notifications; counts, under the lock, those that wait, have woken, have given up. To find out that the
 * lock's holder was killed is a way to give up.
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

/** Words of the sleepers. */
export const Sleepers = { WAITING: 0, WOKEN: 1, GAVE_UP: 2 } as const;
