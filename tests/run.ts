/**
 * Runs the test files, each in its own process, several at once, and the code in the documentation:
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

const AGAIN = "suites that run on threads, again on another engine, which has no code of its own for most of them";
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
/** Files with code in their documentation that run as one test file, as arguments of `deno test`. A fourth has the others. */
/** The programs of docs/zh are those of docs: tests/packaging/chinese_test.ts. */
const DOCS = [
  "--doc --ignore=docs/zh README.md docs",
  "--doc mod.ts lib/pool lib/future lib/task",
  "--doc lib/shared lib/queue",
];
/** Paths whose files run one at a time, after the others: other processes would disturb their measurements. */
const ALONE = ["tests/alone/", "tests/crash/leak_test.ts", "tests/manager/memory_test.ts"];
/** Paths whose files take long: they run first, so that no core is idle at the end. */
const LONG = [
  "--doc",
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
/** Number of letters of a file's name in reports. */
const MAX_NAME = 100;
/** Number of last lines that are repeated of a file that failed without a report, for example one that was stopped. */
const TAIL_LINES = 40;

interface Outcome {
  readonly file: string;
  readonly ms: number;
  readonly ok: boolean;
  /** Its whole output. */
  readonly text: string;
}

/** Yields a file; of a folder, the files in it whose names end so. */
function* filesIn(path: string, ending: string): Generator<string> {
  if (Deno.statSync(path).isFile) return yield path;
  for (const { name, isDirectory } of Deno.readDirSync(path)) {
    if (isDirectory) yield* filesIn(`${path}/${name}`, ending);
    else if (name.endsWith(ending)) yield `${path}/${name}`;
  }
}

/** What reports call a file; an entry of {@linkcode DOCS} can be long. */
const nameOf = (file: string) => file.length > MAX_NAME ? `${file.slice(0, MAX_NAME)}...` : file;

/** Gives the index of the first of `folders` that has the file; the number of folders if none has it. */
function rank(file: string, folders: readonly string[]): number {
  const index = folders.findIndex((folder) => file.startsWith(folder));
  return index < 0 ? folders.length : index;
}

/** Returns the files with code in their documentation that no other entry of {@linkcode DOCS} has. */
function otherDocs(): string {
  const listed = DOCS.flatMap((each) => each.split(" "));
  const isListed = (path: string) => listed.some((each) => path === each || path.startsWith(`${each}/`));
  const all = ["lib", "workers"].flatMap((folder) => [...filesIn(folder, ".ts")]);
  const others = all.filter((path) => !isListed(path) && Deno.readTextFileSync(path).includes("@example"));
  return ["--doc", ...others].join(" ");
}

/** Runs one file, or the entry of {@linkcode DOCS}, and prints its output. */
async function runFile(file: string): Promise<Outcome> {
  const start = performance.now();
  const { code, stdout, stderr, signal } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--no-check", "--no-prompt", "--import-map=npm.import_map.json", "-A", ...file.split(" ")],
    env: isLong ? { ISOPOOL_ROUNDS: "long" } : {},
    stdin: "null",
    signal: AbortSignal.timeout(FILE_TIMEOUT),
  }).output();
  const ms = performance.now() - start;
  let text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("").trimEnd();
  if (signal !== null) text += `\n${nameOf(file)} was stopped by ${signal} after ${Math.round(ms / 1000)} s`;
  // One call of console.log, so that the lines of two files do not mix.
  console.log(text);
  return { file, ms, ok: code === 0, text };
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
if (given.length === 0) found.push(...DOCS, otherDocs());
const onDemand = (file: string) => Object.keys(ON_DEMAND).find((path) => file.startsWith(path));
const files = isAll || given.length > 0 ? found : found.filter((file) => onDemand(file) === undefined);
const isIn = (file: string, paths: readonly string[]) => rank(file, paths) < paths.length;
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
  console.log(`${nameOf(file)} failed, and runs once more, alone`);
  const second = await runFile(file);
  if (!second.ok) continue;
  outcomes[i] = second;
  passedAlone.push(file);
}

const longest = outcomes.toSorted((a, b) => b.ms - a.ms).slice(0, 8);
console.log(`longest: ${longest.map(({ file, ms }) => `${nameOf(file)} ${Math.round(ms / 1000)} s`).join(", ")}`);
const failed = outcomes.filter(({ ok }) => !ok);
// Repeats the failures at the end, for logs of which only the end is kept.
for (const { file, text } of failed) console.log(`\n${nameOf(file)} failed:\n${failures(text)}`);
const counts: Counts = { passed: 0, failed: 0, ignored: 0 };
for (const outcome of outcomes) addCounts(counts, outcome);
const reasons = Object.groupBy(outcomes.flatMap(({ text }) => ignoreReasons(text)), (reason) => reason);
for (const path of new Set(found.filter((file) => !files.includes(file)).map((file) => onDemand(file)!))) {
  console.log(`not run: ${path}, ${ON_DEMAND[path]}: deno task test ${path.replace(/\/$/, "")}`);
}
for (const file of passedAlone) console.log(`${nameOf(file)} failed beside others, and passed alone`);
for (const [reason, all] of Object.entries(reasons)) console.log(`${all!.length} ignored: ${reason}`);
console.log(`${counts.passed} tests passed, ${counts.failed} failed, ${counts.ignored} ignored`);
console.log(
  `${outcomes.length} test files, ${failed.length} failed${failed.map(({ file }) => `\n  ${nameOf(file)}`).join("")}`,
);
if (failed.length > 0 || outcomes.length === 0) Deno.exit(1);
