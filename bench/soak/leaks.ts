/**
 * Soak test of what forced stops leave behind: kills spinning tasks, several at once, and compares the process before and
 * after.
 *
 *   deno task soak:leaks [kills]      default 10,000; prints one line of JSON (tests/crash/leak_test.ts runs it with 1,000)
 *
 * It needs Linux: it counts threads and descriptors in `/proc/self`. It reads the runtime's resources, message ports among
 * them, from the runtime's own table.
 *
 * @module
 */
import { inline, Pool } from "../../mod.ts";
import { integerOf } from "../kit/arguments.ts";
import { slopeOf } from "./slope.ts";

const WARM_UP = 100;
/**
 * Kills between two samples of memory. Each batch has a pool of its own, whose threads have ended when memory is sampled:
 * four threads that are just starting take more memory than a thousand kills may leave behind.
 */
const BATCH = 50;

const spin = inline(() => {
  for (;;);
});

/** What the process has; after the kills it must have the same. */
export interface Counts {
  threads: number;
  descriptors: number;
  /** The runtime's resources, by kind. */
  resources: Record<string, number>;
  /** Web Locks, held and waited for. */
  locks: number;
}

/** The report that `leaks.ts` prints. */
export interface Report {
  kills: number;
  /** Errors of futures that did not end with a `TaskTimeoutError`. */
  others: string[];
  before: Counts;
  after: Counts;
  /** Bytes of resident memory that each kill adds, by linear regression over the samples. */
  slope: number;
  ms: number;
}

async function count(): Promise<Counts> {
  const resources: Record<string, number> = {};
  const { core } = (Deno as unknown as { [key: symbol]: { core: Core } })[(Deno as unknown as Internal).internal];
  for (const kind of Object.values(core.resources())) resources[kind] = (resources[kind] ?? 0) + 1;
  const { held, pending } = await (navigator as unknown as { locks: Locks }).locks.query();
  return {
    threads: [...Deno.readDirSync("/proc/self/task")].length,
    descriptors: [...Deno.readDirSync("/proc/self/fd")].length,
    resources,
    locks: held.length + pending.length,
  };
}

interface Internal {
  internal: symbol;
}
interface Core {
  resources(): Record<string, string>;
}
interface Locks {
  query(): Promise<{ held: unknown[]; pending: unknown[] }>;
}

/** Waits until two counts, `ms` milliseconds apart, are equal: threads end a moment after their pool. */
async function settledCounts(ms = 500): Promise<Counts> {
  for (let previous = "";;) {
    const counts = await count();
    const text = JSON.stringify(counts);
    if (text === previous) return counts;
    previous = text;
    await new Promise((resolve) => setTimeout(resolve, ms));
  }
}

/** Kills tasks in batches; gives the errors that are no timeouts, and the memory after each batch. */
async function kill(kills: number): Promise<{ others: string[]; samples: [number, number][] }> {
  const others: string[] = [];
  const samples: [number, number][] = [];
  for (let made = 0; made < kills; made += BATCH) {
    await killBatch(Math.min(BATCH, kills - made), others);
    samples.push([made, await resident()]);
  }
  return { others, samples };
}

/** Gives resident memory after a garbage collection. Without one, the engine's own collections move it by 20 MB. */
async function resident(): Promise<number> {
  const { gc } = globalThis as { gc?: () => void };
  if (!gc) throw new Error("Cannot measure memory: run it with --v8-flags=--expose-gc");
  gc();
  // A second collection frees what the first one made unreachable.
  await settledCounts(50);
  gc();
  await settledCounts(50);
  return Deno.memoryUsage().rss;
}

async function killBatch(kills: number, others: string[]): Promise<void> {
  await using pool = new Pool({ workers: 4, killGrace: 1 });
  let made = 0;
  const killTasks = async () => {
    while (made++ < kills) {
      const error = await pool.submit(spin.with({ timeout: 2 })).exception() as Error | undefined;
      if (error?.name !== "TaskTimeoutError") others.push(String(error));
    }
  };
  await Promise.all([killTasks(), killTasks(), killTasks(), killTasks()]);
}

if (import.meta.main) {
  const kills = integerOf("kills", Deno.args[0], 10_000);
  const start = performance.now();
  await kill(WARM_UP);
  const before = await settledCounts();
  const { others, samples } = await kill(kills);
  const after = await settledCounts();
  const ms = performance.now() - start;
  const report: Report = { kills, others, before, after, slope: slopeOf(samples), ms };
  console.log(JSON.stringify(report));
}
