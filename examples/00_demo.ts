/**
 * sha256 of every file below a folder: in one thread, then on the pool. Then a task that never ends, stopped.
 *
 *     deno task demo [DIR] [--mb=256] [--rounds=5]
 *
 * `--mb` is the least to hash: files are hashed again to get there. `--rounds` is how often each way is measured.
 */
import process from "node:process";
import { parseArgs } from "@std/cli/parse-args";
import { cpuCount, Pool, tasks, TaskTimeoutError } from "@isopool/isopool";
import { type Corpus, defaultFolder, type Job, MB, plan, readCorpus, size, total } from "./support/corpus.ts";
import { bar, milestone, status } from "./support/status.ts";
import { digests } from "./tasks/digests.ts";

/** Most bytes that are held in memory. */
const CAP = 512 * MB;

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
  const corpus = readCorpus(dir, CAP);
  if (corpus.bytes === 0) fail(`Cannot hash ${dir}: no file in it can be read`);
  const jobs = plan(corpus, mb * MB, cpuCount());
  const bytes = total(jobs);
  status("");
  console.log(describe(corpus, bytes));

  const workers = cpuCount();
  await using pool = await new Pool(workers).ready();
  const runs: { one: Run[]; all: Run[] } = { one: [], all: [] };
  for (let round = 1; round <= rounds; round++) {
    runs.one.push(await measure(`round ${round}/${rounds}  one thread`, jobs, () => here(jobs)));
    runs.all.push(
      await measure(`round ${round}/${rounds}  pool      `, jobs, () => pool.starmap(onPool.digests, jobs)),
    );
  }
  status("");
  if (new Set([...runs.one, ...runs.all].map((run) => run.digests)).size > 1) fail("The digests differ");

  const one = median(runs.one), all = median(runs.all);
  const row = (name: string, ms: number) =>
    console.log(
      `${name.padEnd(16)}${ms.toFixed(0).padStart(8)} ms${(bytes / MB / ms * 1000).toFixed(0).padStart(9)} MB/s` +
        `${(one / ms).toFixed(2).padStart(8)} x`,
    );
  row("one thread", one);
  row(`${workers} worker${workers > 1 ? "s" : ""}`, all);
  console.log(`median of ${rounds}, digests agree`);
  if (workers === 1) console.log("This machine has one core: a pool cannot be faster here.");

  await runaway(pool);
}

/** A task that never ends, under a timeout. */
async function runaway(pool: Pool): Promise<void> {
  const timeout = 500;
  console.log(`\nfor (;;); with a timeout of ${timeout} ms`);
  await pool.ready();
  const busy = stopwatch();
  const error = await pool.submit(forever.with({ timeout })).exception();
  if (!(error instanceof TaskTimeoutError)) fail(`It did not end by its timeout: ${error}`);
  console.log(`stopped after ${busy().ms} ms, having used ${busy().cpu} ms of CPU`);

  await pool.ready(); // The worker is replaced; starting one is work too.
  const idle = stopwatch();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const { ms, cpu } = idle();
  console.log(`in the ${ms} ms after that the process used ${cpu} ms of CPU`);
  if (cpu > ms / 2) fail("The core is not idle");
}

function* here(jobs: Job[]): Generator<string[]> {
  for (const job of jobs) yield digests(...job);
}

async function measure(
  name: string,
  jobs: Job[],
  run: () => Iterable<string[]> | AsyncIterable<string[]>,
): Promise<Run> {
  const bytes = total(jobs);
  const begun = performance.now();
  const all: string[][] = [];
  let done = 0, shown = begun;
  for await (const result of run()) {
    done += size(jobs[all.length]);
    all.push(result);
    const now = performance.now();
    if (now - shown < 50) continue;
    shown = now;
    status(`${name}  ${bar(done / bytes)}`);
  }
  const ms = performance.now() - begun;
  milestone(`${name}  ${ms.toFixed(0)} ms`);
  return { ms, digests: all.flat().join() };
}

function describe(corpus: Corpus, bytes: number): string {
  const { folder, files, unreadable, partial } = corpus;
  const times = bytes / corpus.bytes;
  return `${files.length} files, ${mega(corpus.bytes)} MB, ${partial ? "the first" : "all"} below ${folder}` +
    (unreadable > 0 ? ` (${unreadable} unreadable)` : "") +
    (times > 1 ? `, ${times} times: ${mega(bytes)} MB` : "") + "\n";
}

function mega(bytes: number): string {
  return (bytes / MB).toFixed(0);
}

function median(runs: Run[]): number {
  return runs.map(({ ms }) => ms).sort((a, b) => a - b)[runs.length >> 1];
}

/** Wall-clock time, and CPU time of the whole process. */
function stopwatch(): () => { ms: number; cpu: number } {
  const begun = performance.now(), before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { ms: Math.round(performance.now() - begun), cpu: Math.round((user + system) / 1000) };
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
