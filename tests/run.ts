/**
 * Runs the test files, each in its own process, several at once:
 *
 * ```sh
 * deno task test                # all but the long ones (ON_DEMAND below)
 * deno task test --all          # these, too
 * deno task test --long         # with more repetitions (tests/support/rounds.ts), some hours
 * deno task test tests/queue    # those of a folder, or one file
 * ```
 *
 * A file that fails beside others runs once more, alone: on a busy machine a test may miss a time limit. What fails then
 * has failed; what passes then is named at the end.
 *
 * `deno test --parallel` would run the files as threads of one process. But these tests check properties of the whole
 * process: its threads, its Web Locks, its CPU time. The runner stops a file that hangs, and reports it.
 *
 * @module
 */
import { pooledMap } from "@std/async/pool";
import { filesIn } from "./support/files_in.ts";

const AGAIN = "repeats on another engine suites that run on threads; most of the code that they test is the same there";
/** What runs with `--all` or by its name only, and why. */
const ON_DEMAND: Record<string, string> = {
  "tests/conformance/": "the tests of other projects, translated",
  "tests/bench/benchmarks_test.ts": "runs every benchmark once",
  "tests/contract/on/cluster_": "the contract on worker hosts, where a call takes ten times as long",
  "tests/crash/leak_test.ts": "measures memory for three minutes, on an idle machine",
  "tests/manager/memory_test.ts": "measures memory, on an idle machine",
  "tests/contract/on/scoped_maps_test.ts": AGAIN,
  "tests/contract/on/scoped_pools_test.ts": AGAIN,
  "tests/contract/on/processes_maps_test.ts": AGAIN,
  "tests/contract/on/processes_order_test.ts": AGAIN,
  "tests/contract/on/processes_pools_test.ts": AGAIN,
  "tests/shared/scoped_test.ts": AGAIN,
  "tests/faults/": "rounds of faults: deno task soak:faults runs more of them",
  "tests/process/shared_test.ts": "the shared objects again, in processes, which are pools with one worker",
};
/**
 * Folders whose files run in one process: they check nothing of the whole process, and to load the library takes longer than
 * most of them.
 */
const TOGETHER = [
  "tests/checkpoint/",
  "tests/core/",
  "tests/future/",
  "tests/io/",
  "tests/progress/",
  "tests/protocol/",
  "tests/scheduler/",
  "tests/stages/",
  "tests/task/",
];
/** Files of these folders that measure memory, or wait for the end of what other files have left. */
const SEPARATE = [
  "tests/future/as_completed_memory_test.ts",
  "tests/future/unobserved_failures_test.ts",
  "tests/io/leak_test.ts",
  "tests/io/unlimited_test.ts",
  "tests/stages/memory_test.ts",
];
/** Paths whose files run one at a time, after the others: other processes would disturb their measurements. */
const ALONE = ["tests/alone/", "tests/crash/leak_test.ts", "tests/manager/memory_test.ts"];
/** Paths whose files take long: they run first, so that no core is idle at the end. */
const LONG = [
  "tests/docs/",
  "tests/contract/on/",
  "examples/",
  "tests/bench/",
  "tests/model/",
  "tests/crash/",
  "tests/hostile/",
  "tests/process/",
  "tests/shared/",
];
/** Paths whose files mostly wait, for servers and timers: they run beside the others, one at a time. */
const WAITING = [
  "tests/cluster/",
  "tests/io/",
  "tests/process_backend/hosts_test.ts",
  "tests/pool/async_test.ts",
  "tests/future/unobserved_failures_test.ts",
];
/** Number of other files that run at once: one more than cores, as tests often wait. With two more, tests miss their bounds. */
const CONCURRENCY = navigator.hardwareConcurrency + 1;
const isAll = Deno.args.includes("--all");
const isLong = Deno.args.includes("--long");
/** Milliseconds after which a file is stopped. */
const FILE_TIMEOUT = isLong ? 3_600_000 : 600_000;
/** Number of last lines that are repeated of a file that failed without a report, for example one that was stopped. */
const TAIL_LINES = 40;

interface Outcome {
  readonly file: string;
  readonly ms: number;
  readonly ok: boolean;
  /** Its whole output. */
  readonly text: string;
}

/** Gives the index of the first of `folders` that has the file; the number of folders if none has it. */
function rank(file: string, folders: readonly string[]): number {
  const index = folders.findIndex((folder) => file.startsWith(folder));
  return index < 0 ? folders.length : index;
}

/** Runs one file, or the files of one of the folders {@linkcode TOGETHER}, and prints their output. */
async function runFile(file: string): Promise<Outcome> {
  const start = performance.now();
  const group = groups.get(file);
  const { code, stdout, stderr, signal } = await new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "--no-check",
      "--no-prompt",
      "--import-map=npm.import_map.json",
      "-A",
      group ? writeImports(group) : file,
    ],
    env: isLong ? { ISOPOOL_ROUNDS: "long" } : {},
    stdin: "null",
    signal: AbortSignal.timeout(FILE_TIMEOUT),
  }).output();
  const ms = performance.now() - start;
  let text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("").trimEnd();
  if (signal !== null) text += `\n${file} was stopped by ${signal} after ${Math.round(ms / 1000)} s`;
  // One call of console.log, so that the lines of two files do not mix.
  console.log(text);
  return { file, ms, ok: code === 0, text };
}

/** Writes a test file that imports others; returns its path. */
function writeImports(files: readonly string[]): string {
  const path = Deno.makeTempFileSync({ prefix: "isopool-", suffix: "_test.ts" });
  const imports = files.map((file) => `import ${JSON.stringify(`file://${Deno.realPathSync(file)}`)};\n`);
  Deno.writeTextFileSync(path, imports.join(""));
  temporary.push(path);
  return path;
}

/** Numbers of tests, as the last line of a file's output gives them. */
interface Counts {
  passed: number;
  failed: number;
  ignored: number;
}

/** Adds the numbers of a file's tests to `sum`. A file that failed without such a line counts as one failure. */
function addCounts(sum: Counts, { ok, text }: Outcome): void {
  const line = /^(?:ok|FAILED) \| \d+ passed.*$/m.exec(withoutColours(text))?.[0];
  const of = (word: string) => Number(new RegExp(`(\\d+) ${word}`).exec(line ?? "")?.[1] ?? 0);
  sum.passed += of("passed");
  sum.failed += line === undefined && !ok ? 1 : of("failed");
  sum.ignored += of("ignored");
}

/** Gives the reason of each ignored test in the output of a file: its title ends with it (tests/support/within.ts). */
function ignoreReasons(text: string): string[] {
  const titles = Array.from(withoutColours(text).matchAll(/^(.*) \.\.\. ignored/gm), ([, title]) => title);
  return titles.map((title) => / \[ignored: (.*)\]$/.exec(title)?.[1] ?? `no reason given: ${title}`);
}

// deno-lint-ignore no-control-regex -- the codes of colours begin with one
const withoutColours = (text: string) => text.replace(/\x1b\[\d+m/g, "");

/** Gives the report of failures in the output of a file, or its last lines if it has no report. */
function failures(text: string): string {
  const report = /^ ?ERRORS ?$(.*)^ ?FAILURES ?$/ms.exec(withoutColours(text));
  return report === null ? text.split("\n").slice(-TAIL_LINES).join("\n") : report[1].trim();
}

const given = Deno.args.filter((arg) => !arg.startsWith("--"));
const paths = given.length === 0 ? ["tests", "examples"] : given;
const found = paths.flatMap((path) => [...filesIn(path.replace(/\/$/, ""), "_test.ts")]).sort();
const onDemand = (file: string) => Object.keys(ON_DEMAND).find((path) => file.startsWith(path));
const chosen = isAll || given.length > 0 ? found : found.filter((file) => onDemand(file) === undefined);
const isIn = (file: string, paths: readonly string[]) => rank(file, paths) < paths.length;
const groups = new Map<string, string[]>();
const temporary: string[] = [];
const files = given.length > 0 ? chosen : [...new Set(chosen.map(grouped))];

/** Returns the folder that a file runs with, which it joins, or the file. */
function grouped(file: string): string {
  const folder = TOGETHER.find((each) => file.startsWith(each));
  if (folder === undefined || isIn(file, SEPARATE) || isIn(file, ALONE)) return file;
  groups.set(folder, [...groups.get(folder) ?? [], file]);
  return folder;
}
const { alone = [], waiting = [], others = [] } = Object.groupBy(
  files,
  (file) => isIn(file, ALONE) ? "alone" : isIn(file, WAITING) ? "waiting" : "others",
);
others.sort((a, b) => rank(a, LONG) - rank(b, LONG));

const outcomes: Outcome[] = [];
async function runFiles(concurrency: number, files: readonly string[]): Promise<void> {
  for await (const outcome of pooledMap(concurrency, files, runFile)) outcomes.push(outcome);
}
await Promise.all([runFiles(CONCURRENCY, others), runFiles(1, waiting)]);
for (const file of alone) outcomes.push(await runFile(file));
const passedAlone: string[] = [];
for (const [i, { file, ok }] of outcomes.entries()) {
  if (ok) continue;
  console.log(`${file} failed, and runs once more, alone`);
  const second = await runFile(file);
  if (!second.ok) continue;
  outcomes[i] = second;
  passedAlone.push(file);
}

for (const path of temporary) Deno.removeSync(path);
const longest = outcomes.toSorted((a, b) => b.ms - a.ms).slice(0, 8);
console.log(`longest: ${longest.map(({ file, ms }) => `${file} ${Math.round(ms / 1000)} s`).join(", ")}`);
const failed = outcomes.filter(({ ok }) => !ok);
// Repeats the failures at the end, for logs of which only the end is kept.
for (const { file, text } of failed) console.log(`\n${file} failed:\n${failures(text)}`);
const counts: Counts = { passed: 0, failed: 0, ignored: 0 };
for (const outcome of outcomes) addCounts(counts, outcome);
const reasons = Object.groupBy(outcomes.flatMap(({ text }) => ignoreReasons(text)), (reason) => reason);
for (const path of new Set(found.filter((file) => !chosen.includes(file)).map((file) => onDemand(file)!))) {
  console.log(`not run: ${path}, ${ON_DEMAND[path]}: deno task test ${path.replace(/\/$/, "")}`);
}
for (const file of passedAlone) console.log(`${file} failed beside others, and passed alone`);
for (const [reason, all] of Object.entries(reasons)) console.log(`${all!.length} ignored: ${reason}`);
console.log(`${counts.passed} tests passed, ${counts.failed} failed, ${counts.ignored} ignored`);
console.log(
  `${outcomes.length} files and folders of tests, ${failed.length} failed${
    failed.map(({ file }) => `\n  ${file}`).join("")
  }`,
);
if (failed.length > 0 || outcomes.length === 0) Deno.exit(1);
