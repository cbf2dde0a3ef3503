/**
 * Soak test of worker processes: `kill -9` of random ones while tasks run, then kills by the pool, and what they leave behind.
 *
 *   deno task soak:processes [tasks] [kills]      default 10,000 and 1,000; prints three lines of JSON
 *
 * tests/process_backend/kill_test.ts runs it with fewer. It needs Linux: it reads `/proc`.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { inline, Pool, tasks, TaskTimeoutError, WorkerCrashedError } from "../../mod.ts";
import { integerOf } from "../kit/arguments.ts";
import { slopeOf } from "./slope.ts";

const own = tasks<typeof import("./process_tasks.ts")>(import.meta.resolve("./process_tasks.ts"));
const spin = inline(() => {
  for (;;);
});

/** Number of results between two kills. */
const STRIDE = 25;
/** Number of kills between two samples of memory. Each batch of kills has a pool of its own, which has ended by the sample. */
const BATCH = 20;
const WORKERS = 3;

/** What became of tasks among kills. */
export interface Killed {
  tasks: number;
  kills: number;
  /** How many futures failed because their worker was killed. */
  lost: number;
  /** How many tasks ran more than once. */
  repeated: number;
  ms: number;
}

/**
 * Runs tasks while random worker processes are killed from outside.
 *
 * @throws {Error} If a task has no end or a wrong one, or is reported as done and has not run.
 */
export async function killWhile(count: number, retry: number): Promise<Killed> {
  const file = Deno.makeTempFileSync();
  const start = performance.now();
  const report: Killed = { tasks: count, kills: 0, lost: 0, repeated: 0, ms: 0 };
  const done = new Set<number>();
  {
    await using pool = new Pool({ backend: "process", workers: WORKERS });
    const calls = Array.from({ length: count }, (_, id): [string, number] => [file, id]);
    let ends = 0;
    for await (const outcome of pool.starmap(own.mark, calls, { retry, onError: "settle" })) {
      if (outcome.status === "fulfilled") done.add(outcome.value);
      else {
        const error = outcome.reason as WorkerCrashedError;
        if (!(error instanceof WorkerCrashedError) || error.signal !== "SIGKILL") throw error;
        report.lost++;
      }
      if (++ends % STRIDE !== 0) continue;
      const children = childrenOf(Deno.pid);
      const victim = children[Math.floor(Math.random() * children.length)];
      if (victim === undefined) continue;
      Deno.kill(victim, "SIGKILL");
      report.kills++;
    }
  }
  assertEquals(done.size + report.lost, count, "every task has one end");
  const runs = Deno.readTextFileSync(file).trimEnd().split("\n").map(Number);
  const distinct = new Set(runs);
  assertEquals([...done].filter((id) => !distinct.has(id)), [], "what is done has run");
  report.repeated = runs.length - distinct.size;
  report.ms = Math.round(performance.now() - start);
  Deno.removeSync(file);
  return report;
}

/** What the host has besides memory. */
export interface Counts {
  processes: number;
  descriptors: number;
  resources: number;
  /** Files in the folder for temporary ones. */
  files: number;
}

/** What kills have left behind. */
export interface LeftBehind {
  kills: number;
  before: Counts;
  after: Counts;
  /** Resident bytes that each kill adds, by linear regression over the batches. */
  slope: number;
  ms: number;
}

/** Kills worker processes whose tasks spin, by their timeout, and compares the host before and after. */
export async function killAndCount(kills: number): Promise<LeftBehind> {
  const { gc } = globalThis as { gc?: () => void };
  if (!gc) throw new Error("Cannot measure memory: run it with --v8-flags=--expose-gc");
  const folder = Deno.makeTempDirSync();
  const previous = Deno.env.get("TMPDIR");
  Deno.env.set("TMPDIR", folder);
  // The first pool loads code, which stays in memory.
  await killBatch(BATCH);
  const start = performance.now();
  const before = await settled(folder);
  const samples: [number, number][] = [];
  for (let made = 0; made < kills; made += BATCH) {
    await killBatch(Math.min(BATCH, kills - made));
    await settled(folder);
    gc();
    samples.push([made, Deno.memoryUsage().rss]);
  }
  const after = await settled(folder);
  if (previous === undefined) Deno.env.delete("TMPDIR");
  else Deno.env.set("TMPDIR", previous);
  Deno.removeSync(folder, { recursive: true });
  return { kills, before, after, slope: Math.round(slopeOf(samples)), ms: Math.round(performance.now() - start) };
}

async function killBatch(kills: number): Promise<void> {
  await using pool = new Pool({ backend: "process", workers: WORKERS, killGrace: 0 });
  const ends = await Promise.all(
    Array.from({ length: kills }, () => pool.submit(spin.with({ timeout: 1 })).exception()),
  );
  for (const error of ends) if (!(error instanceof TaskTimeoutError)) throw error;
}

// Counts until nothing changes: the runtime closes descriptors one turn of the event loop after their stream.
async function settled(folder: string): Promise<Counts> {
  for (let last = "";;) {
    const counts = count(folder);
    const text = JSON.stringify(counts);
    if (text === last) return counts;
    last = text;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function count(folder: string): Counts {
  const { internal } = Deno as unknown as { internal: symbol };
  const { core } = (Deno as unknown as Record<symbol, { core: { resources(): object } }>)[internal];
  return {
    processes: childrenOf(Deno.pid).length,
    descriptors: [...Deno.readDirSync("/proc/self/fd")].length,
    resources: Object.keys(core.resources()).length,
    files: [...Deno.readDirSync(folder)].length,
  };
}

/** Returns the ids of the processes that a process has started and not waited for. */
export function childrenOf(pid: number): number[] {
  return [...Deno.readDirSync(`/proc/${pid}/task`)].flatMap(({ name }) => {
    try {
      return Deno.readTextFileSync(`/proc/${pid}/task/${name}/children`).split(" ").filter(Boolean).map(Number);
    } catch (error) {
      // The thread has ended meanwhile.
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  });
}

if (import.meta.main) {
  const [count, kills] = [integerOf("tasks", Deno.args[0], 10_000), integerOf("kills", Deno.args[1], 1_000)];
  const retried = await killWhile(count, 50);
  console.log(JSON.stringify(retried));
  const once = await killWhile(count, 0);
  console.log(JSON.stringify(once));
  const left = await killAndCount(kills);
  console.log(JSON.stringify(left));
  const isSame = JSON.stringify(left.before) === JSON.stringify(left.after);
  if (retried.lost > 0 || once.repeated > 0 || !isSame || left.slope > 20_480) Deno.exit(1);
}
