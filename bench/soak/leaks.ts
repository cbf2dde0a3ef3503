/**
 * What forced stops leave behind: kills spinning tasks, several at once, and compares the process with itself.
 *
 *   deno task soak:leaks [kills]      default 10,000; prints one line of JSON (tests/crash/leak_test.ts runs it with 1,000)
 *
 * Linux only: threads and descriptors are counted in `/proc/self`. Resources of the runtime, message ports among them, come
 * from its own table.
 *
 * @module
 */
import { inline, Pool } from "../../mod.ts";

const WARM_UP = 100;
/**
 * Kills between two samples of memory, each by a pool of its own, whose threads have ended by then: four that are just
 * starting weigh more than a thousand kills may leave behind.
 */
const LOT = 50;

const spin = inline(() => {
  for (;;);
});

/** What is counted; all of it must be as before. */
export interface Counts {
  threads: number;
  descriptors: number;
  /** The runtime's resources, by kind. */
  resources: Record<string, number>;
  /** Web Locks, held and waited for. */
  locks: number;
}

/** What `leaks.ts` prints. */
export interface Report {
  kills: number;
  /** Futures that did not end by their timeout. */
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

// Threads end a moment after their pool.
async function atRest(ms = 500): Promise<Counts & { rss: number }> {
  for (let last = "";;) {
    const counts = await count();
    const text = JSON.stringify(counts);
    if (text === last) return Object.defineProperty(counts, "rss", { value: Deno.memoryUsage().rss }) as never;
    last = text;
    await new Promise((resolve) => setTimeout(resolve, ms));
  }
}

/** Kills in lots; tells who did not end by its timeout, and the memory after each lot. */
async function kill(kills: number): Promise<{ others: string[]; samples: [number, number][] }> {
  const others: string[] = [];
  const samples: [number, number][] = [];
  for (let made = 0; made < kills; made += LOT) {
    await killLot(Math.min(LOT, kills - made), others);
    samples.push([made, await resident()]);
  }
  return { others, samples };
}

/** Resident memory without garbage: when that is collected is up to the engine, which makes a saw of 20 MB. */
async function resident(): Promise<number> {
  const { gc } = globalThis as { gc?: () => void };
  if (!gc) throw new Error("Cannot measure memory: run it with --v8-flags=--expose-gc");
  gc();
  // What a first collection has let go of is given back by a second one.
  await atRest(50);
  gc();
  return (await atRest(50)).rss;
}

async function killLot(kills: number, others: string[]): Promise<void> {
  await using pool = new Pool({ workers: 4, killGrace: 1 });
  let made = 0;
  const lane = async () => {
    while (made++ < kills) {
      const error = await pool.submit(spin.with({ timeout: 2 })).exception() as Error | undefined;
      if (error?.name !== "TaskTimeoutError") others.push(String(error));
    }
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
}

/** Slope of the line through points that is nearest to them. */
function slopeOf(points: [x: number, y: number][]): number {
  const mean = (at: 0 | 1) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [x0, y0] = [mean(0), mean(1)];
  const above = points.reduce((sum, [x, y]) => sum + (x - x0) * (y - y0), 0);
  return above / points.reduce((sum, [x]) => sum + (x - x0) ** 2, 0);
}

if (import.meta.main) {
  const kills = Number(Deno.args[0] ?? 10_000);
  const start = performance.now();
  await kill(WARM_UP);
  const before = await atRest();
  const { others, samples } = await kill(kills);
  const after = await atRest();
  const ms = performance.now() - start;
  const report: Report = { kills, others, before, after, slope: slopeOf(samples), ms };
  console.log(JSON.stringify(report));
}
