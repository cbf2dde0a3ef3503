/**
 * Tasks that write lies into the table of threads, as any code with a shared object can, and tasks with threads of their own.
 *
 * @module
 */
import { type Counter, type Lock, Pool, tasks } from "@isopool/isopool";
import { BRAND } from "../../lib/shared/handle.ts";
import { nameOf } from "../support/name_of.ts";

const SLOT = 1023;
const ID = 0x3fffffff;
const GONE = 1 << 31;

/** Marks the thread that holds a lock as ended; returns whether its entry was there. */
export function forgeDeath(lock: Lock): boolean {
  const { memory, owners } = lock[BRAND]() as unknown as { memory: SharedArrayBuffer; owners: SharedArrayBuffer };
  const holder = new Int32Array(memory)[0] >>> 1;
  const table = new Int32Array(owners);
  const found = holder !== 0 && (table[holder & SLOT] & ID) === holder;
  table[holder & SLOT] = holder | GONE;
  return found;
}

/** Marks the thread that has the lock, alive or dead, as alive. */
export function forgeLife(lock: Lock): boolean {
  const { memory, owners } = lock[BRAND]() as unknown as { memory: SharedArrayBuffer; owners: SharedArrayBuffer };
  const holder = new Int32Array(memory)[0] >>> 1;
  new Int32Array(owners)[holder & SLOT] = holder;
  return holder !== 0;
}

/** Finds the table with what every task has, without any shared object, and marks all threads as ended. */
export async function forgeAllDeaths(): Promise<number> {
  const url = new Error().stack!.match(/[a-z]+:\S*\/lib\//)?.[0] ?? new URL("../../lib/", import.meta.url).href;
  const { OwnerTable } = await import(
    `${url}shared/owner_table.ts`
  ) as typeof import("../../lib/shared/owner_table.ts");
  const table = new Int32Array(OwnerTable.local().memory);
  let marked = 0;
  for (let slot = 1; slot <= SLOT; slot++) {
    if (table[slot] <= 0) continue;
    table[slot] |= GONE;
    marked++;
  }
  return marked;
}

/** Tries to take over a lock; returns how that ended. */
export function takeOver(lock: Lock, timeout: number): Promise<string> {
  return nameOf(async () => void await lock.acquire({ timeout, recover: true }));
}

/** Holds a lock, and never ends. */
export async function hold(lock: Lock, held: Counter): Promise<never> {
  using _guard = await lock.acquire();
  held.add();
  return await new Promise<never>(() => {});
}

/** Runs {@linkcode hold} on a thread of a pool of its own. */
export async function holdInOwnPool(lock: Lock, held: Counter): Promise<void> {
  await using pool = new Pool(1);
  await pool.submit(tasks<typeof import("./owner_table_tasks.ts")>(import.meta.url).hold, lock, held);
}
