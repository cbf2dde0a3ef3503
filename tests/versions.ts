/**
 * Tries the versions of Deno that npm has, from the oldest that the library supports: the facts that it relies on
 * (`tests/canary/`), and tests of each part. Prints a table in Markdown.
 *
 * ```sh
 * deno task versions              # each version, 3 minutes for one
 * deno task versions 2.9.3 2.9.6  # these
 * ```
 *
 * @module
 */

/** The oldest version that the library supports (lib/core/runtime.ts). */
const OLDEST = "2.9.4";

/** A quick test of each part. */
const QUICK = [
  "tests/contract/on/threads_messages_test.ts",
  "tests/pool/tasks_test.ts",
  "tests/process_backend/process_test.ts",
  "tests/scoped/permissions_test.ts",
  "tests/queue/queue_test.ts",
  "tests/shared/conformance_test.ts",
  "tests/manager/objects_test.ts",
  "tests/process/process_test.ts",
  "tests/io/limit_test.ts",
  "tests/stages/stages_test.ts",
  "tests/cli/commands_test.ts",
  "tests/packaging/jsr_test.ts",
];
const CANARIES = [...Deno.readDirSync("tests/canary")].map(({ name }) => `tests/canary/${name}`)
  .filter((path) => path.endsWith("_test.ts")).sort();

/** Milliseconds after which a file is stopped. */
const FILE_TIMEOUT = 120_000;

/** Numbers of tests, and the titles of those that failed. */
interface Outcome {
  passed: number;
  failed: string[];
}

async function output(program: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, { args: [...args], stdin: "null" }).output();
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} failed: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout).trim();
}

const parts = (version: string) => version.split(".").map(Number);

function isBefore(left: string, right: string): boolean {
  const [a, b] = [parts(left), parts(right)];
  const at = a.findIndex((part, i) => part !== b[i]);
  return at >= 0 && a[at] < b[at];
}

/** Lists the released versions from the oldest supported one. */
async function released(): Promise<string[]> {
  const all: string[] = JSON.parse(await output("npm", ["view", "deno", "versions", "--json"]));
  return all.filter((version) => /^\d+\.\d+\.\d+$/.test(version) && !isBefore(version, OLDEST));
}

/** Returns the path of the program of a version, which npm downloads. */
function programOf(version: string): Promise<string> {
  return output("npx", ["-y", `deno@${version}`, "eval", "console.log(Deno.execPath())"]);
}

/** Runs test files one after another. */
async function run(program: string, files: readonly string[]): Promise<Outcome> {
  const outcome: Outcome = { passed: 0, failed: [] };
  for (const file of files) {
    const { code, stdout, signal } = await new Deno.Command(program, {
      args: ["test", "--no-check", "--no-prompt", "--import-map=npm.import_map.json", "-A", file],
      env: { NO_COLOR: "1" },
      stdin: "null",
      stderr: "null",
      signal: AbortSignal.timeout(FILE_TIMEOUT),
    }).output();
    const text = new TextDecoder().decode(stdout);
    const end = signal === null ? `exit code ${code}` : `stopped by ${signal}`;
    console.error(`${file}: ${/^(?:ok|FAILED) \| .*$/m.exec(text)?.[0] ?? end}`);
    outcome.passed += Number(/^(?:ok|FAILED) \| (\d+) passed/m.exec(text)?.[1] ?? 0);
    if (code === 0) continue;
    const names = /^ ?FAILURES ?$([\s\S]*?)^FAILED/m.exec(text)?.[1].trim().split("\n");
    outcome.failed.push(...(names ?? [end]).map((name) => `${file}: ${name}`));
  }
  return outcome;
}

const cell = ({ passed, failed }: Outcome) => `${passed} passed${failed.length > 0 ? `, ${failed.length} failed` : ""}`;

const versions = Deno.args.length > 0 ? Deno.args : await released();
const rows: string[] = [];
const failures: string[] = [];
for (const version of versions) {
  const program = await programOf(version);
  const v8 = /^v8 (\S+)/m.exec(await output(program, ["--version"]))![1];
  const canaries = await run(program, CANARIES);
  const quick = await run(program, QUICK);
  rows.push(`| ${version} | ${v8} | ${cell(canaries)} | ${cell(quick)} |`);
  failures.push(...[...canaries.failed, ...quick.failed].map((name) => `- ${version}: ${name}`));
}
console.log(["| Deno | V8 | canaries | quick suite |", "| --- | --- | --- | --- |", ...rows].join("\n"));
if (failures.length > 0) {
  console.log(`\n${failures.join("\n")}`);
  Deno.exit(1);
}
