/**
 * Bad input for everything that the package exports, an export in a process of its own.
 *
 * ```sh
 * deno task bad-input           # every value at every parameter and option: 10 minutes
 * deno task bad-input Pool      # of one export
 * ```
 *
 * @module
 */
import type { Report } from "./run_export.ts";
import { type Callable, CALLABLES, ENTRIES, surface } from "./surface.ts";

/** What needs a Redis: tests/cluster/ has their bad input. */
const WITHOUT_REDIS = /^Cluster(Lock|Queue|Value|)$/;
const ROOT = new URL("../../", import.meta.url);
/** Milliseconds after which a process is stopped: one of its calls has blocked it. */
const PROCESS_TIMEOUT = 300_000;

/**
 * Runs a share of the cases of each export, chosen by the seed. Gives the number of cases, and the failures, each with the
 * command that repeats it.
 */
export async function badInput(share: number, seed: number, only?: string): Promise<Report & { exports: number }> {
  const sum = { cases: 0, failures: [] as string[], exports: 0 };
  const seen = new Set<string>();
  for (const entry of Object.keys(ENTRIES)) {
    for (const [name, callables] of await surface(entry)) {
      if (seen.has(name) || (only ?? name) !== name || WITHOUT_REDIS.test(name)) continue;
      seen.add(name);
      const { cases, failures } = await runExport(entry, name, callables, share, seed);
      sum.exports++;
      sum.cases += cases;
      sum.failures.push(...failures);
    }
  }
  return sum;
}

async function runExport(
  entry: string,
  name: string,
  callables: readonly Callable[],
  share: number,
  seed: number,
): Promise<Report> {
  const command = ["tests/bad_input/run_export.ts", entry, name];
  const { stdout, stderr, code, signal } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-check", "--no-prompt", "--import-map=npm.import_map.json", "-A"],
      ...[...command, String(share), String(seed)],
    ],
    cwd: ROOT,
    // `deno doc` takes longer than the cases of most exports.
    env: { NO_COLOR: "1", [CALLABLES]: JSON.stringify(callables) },
    stdin: "null",
    signal: AbortSignal.timeout(PROCESS_TIMEOUT),
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const last = text(stdout).trimEnd().split("\n").at(-1)!;
  if (code !== 0 || !last.startsWith("{")) {
    const end = signal === null ? `exit code ${code}` : `stopped by ${signal}`;
    const failure = `${name}: ${end}, seed ${seed}: ${text(stderr).slice(-2_000)}${last}`;
    return { cases: 0, failures: [`${failure}\n  deno run -A ${command.join(" ")} ${share} ${seed}`] };
  }
  const report = JSON.parse(last) as Report;
  return { ...report, failures: report.failures.map((each) => `${each}\n  deno run -A ${command.join(" ")} '<case>'`) };
}

if (import.meta.main) {
  const [only] = Deno.args;
  const { cases, failures, exports } = await badInput(1, 1, only);
  for (const failure of failures) console.log(failure);
  console.log(`${exports} exports, ${cases} cases, ${failures.length} failures`);
  if (failures.length > 0) Deno.exit(1);
}
