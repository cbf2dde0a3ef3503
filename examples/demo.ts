/**
 * Hashes every file below a folder: in one thread, then on the pool. Then stops a task that never ends.
 *
 *     deno task demo [DIR] [--mb=256] [--rounds=5]
 *
 * `--mb` is the minimum of MB to hash: the demo hashes files again until it has that much. `--rounds` is how often it
 * measures the thread and the pool.
 */
import process from "node:process";
import { parseArgs } from "@std/cli/parse-args";
import { cpuCount, Pool, tasks, TaskTimeoutError } from "@isopool/isopool";
import { type Corpus, defaultFolder, type Job, MB, plan, readCorpus, size, total } from "./support/corpus.ts";
import { bar, milestone, status } from "./support/status.ts";
import { digests } from "./tasks/digests.ts";

/** Maximum of bytes that are held in memory. */
const MAX_BYTES = 512 * MB;

const onPool = tasks<typeof import("./tasks/digests.ts")>(import.meta.resolve("./tasks/digests.ts"));
const { forever } = tasks<typeof import("./tasks/forever.ts")>(import.meta.resolve("./tasks/forever.ts"));

interface Run {
  ms: number;
  digests: string;
}

if (import.meta.main) await main();

async function main(): Promise<void> {
  const { dir, mb, rounds } = flags();
  milestone(`reading ${dir} ...`);
  const corpus = readCorpus(dir, MAX_BYTES);
  if (corpus.bytes === 0) fail(`Cannot hash ${dir}: no file in it can be read`);
  const jobs = plan(corpus, mb * MB, cpuCount());
  const bytes = total(jobs);
  status("");
  console.log(describe(corpus, bytes));

  const workers = cpuCount();
  await using pool = await new Pool(workers).ready();
  const runs: { thread: Run[]; pool: Run[] } = { thread: [], pool: [] };
  for (let round = 1; round <= rounds; round++) {
    runs.thread.push(await measure(`round ${round}/${rounds}  one thread`, jobs, () => inThisThread(jobs)));
    runs.pool.push(
      await measure(`round ${round}/${rounds}  pool      `, jobs, () => pool.starmap(onPool.digests, jobs)),
    );
  }
  status("");
  if (new Set([...runs.thread, ...runs.pool].map((run) => run.digests)).size > 1) fail("The digests differ");

  const threadMs = median(runs.thread), poolMs = median(runs.pool);
  const row = (name: string, ms: number) =>
    console.log(
      `${name.padEnd(16)}${ms.toFixed(0).padStart(8)} ms${(bytes / MB / ms * 1000).toFixed(0).padStart(9)} MB/s` +
        `${(threadMs / ms).toFixed(2).padStart(8)} x`,
    );
  row("one thread", threadMs);
  row(`${workers} worker${workers > 1 ? "s" : ""}`, poolMs);
  console.log(`median of ${rounds}, digests agree`);
  if (workers === 1) console.log("This machine has one core: a pool cannot be faster here.");

  await stopEndlessTask(pool);
}

/** Runs a task that never ends under a timeout, and shows that its core is idle afterwards. */
async function stopEndlessTask(pool: Pool): Promise<void> {
  const timeout = 500;
  console.log(`\nfor (;;); with a timeout of ${timeout} ms`);
  await pool.ready();
  const busy = stopwatch();
  const error = await pool.submit(forever.with({ timeout })).exception();
  if (!(error instanceof TaskTimeoutError)) fail(`The task did not end by its timeout: ${error}`);
  console.log(`stopped after ${busy().ms} ms, having used ${busy().cpu} ms of CPU`);

  await pool.ready(); // Waits for the new worker, whose start uses the CPU too.
  const idle = stopwatch();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const { ms, cpu } = idle();
  console.log(`in the ${ms} ms after that the process used ${cpu} ms of CPU`);
  if (cpu > ms / 2) fail("The core is not idle");
}

function* inThisThread(jobs: Job[]): Generator<string[]> {
  for (const job of jobs) yield digests(...job);
}

async function measure(
  name: string,
  jobs: Job[],
  run: () => Iterable<string[]> | AsyncIterable<string[]>,
): Promise<Run> {
  const bytes = total(jobs);
  const start = performance.now();
  const results: string[][] = [];
  let done = 0, lastShown = start;
  for await (const result of run()) {
    done += size(jobs[results.length]);
    results.push(result);
    const now = performance.now();
    if (now - lastShown < 50) continue;
    lastShown = now;
    status(`${name}  ${bar(done / bytes)}`);
  }
  const ms = performance.now() - start;
  milestone(`${name}  ${ms.toFixed(0)} ms`);
  return { ms, digests: results.flat().join() };
}

function describe(corpus: Corpus, bytes: number): string {
  const { folder, files, unreadable, partial } = corpus;
  const times = bytes / corpus.bytes;
  return `${files.length} files, ${inMegabytes(corpus.bytes)} MB, ${partial ? "the first" : "all"} below ${folder}` +
    (unreadable > 0 ? ` (${unreadable} unreadable)` : "") +
    (times > 1 ? `, ${times} times: ${inMegabytes(bytes)} MB` : "") + "\n";
}

function inMegabytes(bytes: number): string {
  return (bytes / MB).toFixed(0);
}

function median(runs: Run[]): number {
  return runs.map(({ ms }) => ms).sort((a, b) => a - b)[runs.length >> 1];
}

/** Measures wall-clock time, and CPU time of the whole process. */
function stopwatch(): () => { ms: number; cpu: number } {
  const start = performance.now(), before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { ms: Math.round(performance.now() - start), cpu: Math.round((user + system) / 1000) };
  };
}

function flags(): { dir: string; mb: number; rounds: number } {
  const args = parseArgs(Deno.args, {
    string: ["mb", "rounds"],
    default: { mb: "256", rounds: "5" },
    unknown: (arg: string, key?: string) => key === undefined || fail(`Unknown option ${arg}`),
  });
  const mb = Number(args.mb), rounds = Number(args.rounds);
  if (!(mb > 0) || !(rounds >= 1)) fail("Usage: deno task demo [DIR] [--mb=256] [--rounds=5]");
  return { dir: String(args._[0] ?? defaultFolder()), mb, rounds };
}

function fail(message: string): never {
  status("");
  console.error(message);
  Deno.exit(1);
}
