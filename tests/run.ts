/**
 * Runs the test files, each in a process of its own, a few at once:
 *
 * ```sh
 * deno task test                    # all of them
 * deno task test tests/queue        # some
 * ```
 *
 * `deno test --parallel` would run the files as threads of one process. What these tests look at belongs to a process,
 * though: its threads, its Web Locks, its CPU time. A file that hangs is stopped and named.
 *
 * @module
 */
import { pooledMap } from "@std/async/pool";

/** Files that measure what another process would disturb: one at a time, after the others. */
const ALONE = ["tests/alone/", "tests/crash/"];
/** Files that take long go first, so that no core is left idle in the end. */
const LONG = [
  "tests/pool/worker_test.ts",
  "tests/pool/web_test.ts",
  "examples/",
  "tests/hostile/",
  "tests/process/",
  "tests/shared/",
];
/** How many files run at once: most of them wait most of the time. */
const LANES = navigator.hardwareConcurrency + 1;
/** How long one file gets, in milliseconds. */
const PATIENCE = 300_000;
/** How many lines of a file are told again that failed without a report, as one does that was stopped. */
const LAST_WORDS = 40;

interface Outcome {
  readonly file: string;
  readonly ms: number;
  readonly ok: boolean;
  /** All it said. */
  readonly text: string;
}

function* testFiles(path: string): Generator<string> {
  if (Deno.statSync(path).isFile) return yield path;
  for (const { name, isDirectory } of Deno.readDirSync(path)) {
    if (isDirectory) yield* testFiles(`${path}/${name}`);
    else if (name.endsWith("_test.ts")) yield `${path}/${name}`;
  }
}

/** Where the first of `folders` that holds `file` stands among them; behind the last if none does. */
function rank(file: string, folders: readonly string[]): number {
  const place = folders.findIndex((folder) => file.startsWith(folder));
  return place < 0 ? folders.length : place;
}

/** Runs one file, and prints what it said as a whole. */
async function runFile(file: string): Promise<Outcome> {
  const start = performance.now();
  const { code, stdout, stderr, signal } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--no-check", "--no-prompt", "--import-map=npm.import_map.json", "-A", file],
    stdin: "null",
    signal: AbortSignal.timeout(PATIENCE),
  }).output();
  const ms = performance.now() - start;
  let text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("").trimEnd();
  if (signal !== null) text += `\n${file} was stopped by ${signal} after ${Math.round(ms / 1000)} s`;
  // In one go, so that the lines of two files do not mix.
  console.log(text);
  return { file, ms, ok: code === 0, text };
}

/** What a failed file said of its failures, or its last words if it did not come to that. */
function failures(text: string): string {
  const report = /^ ?ERRORS ?$(.*)^ ?FAILURES ?$/ms.exec(text);
  return report === null ? text.split("\n").slice(-LAST_WORDS).join("\n") : report[1].trim();
}

const paths = Deno.args.length === 0 ? ["tests", "examples"] : Deno.args;
const files = paths.flatMap((path) => [...testFiles(path.replace(/\/$/, ""))]).sort();
const { alone = [], others = [] } = Object.groupBy(
  files,
  (file) => rank(file, ALONE) < ALONE.length ? "alone" : "others",
);
others.sort((a, b) => rank(a, LONG) - rank(b, LONG));

const outcomes: Outcome[] = [];
for await (const outcome of pooledMap(LANES, others, runFile)) outcomes.push(outcome);
for (const file of alone) outcomes.push(await runFile(file));

const longest = outcomes.toSorted((a, b) => b.ms - a.ms).slice(0, 8);
console.log(`longest: ${longest.map(({ file, ms }) => `${file} ${Math.round(ms / 1000)} s`).join(", ")}`);
const failed = outcomes.filter(({ ok }) => !ok);
// Once more and last: whoever keeps but the end of a long log finds there what failed.
for (const { file, text } of failed) console.log(`\n${file} failed:\n${failures(text)}`);
console.log(
  `${outcomes.length} test files, ${failed.length} failed${failed.map(({ file }) => `\n  ${file}`).join("")}`,
);
if (failed.length > 0 || outcomes.length === 0) Deno.exit(1);
