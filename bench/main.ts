/**
 * Runs benchmarks, by the beginnings of their names, and prints a table for each:
 * `deno task bench [NAME...] [--rounds N] [--quick] [--no-peers] [--against NAME,...]
 * [--baseline FOLDER] [--sources] [--json FILE] [--svg FILE]`
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import { parseArgs } from "@std/cli/parse-args";
import { BENCHES } from "./all.ts";
import type { Effort } from "./kit/bench.ts";
import { Published } from "./kit/published.ts";
import { type Result, summarize, table } from "./kit/report.ts";
import { run } from "./kit/run.ts";
import { svg } from "./kit/svg.ts";

const FULL: Effort = { rounds: 5, budget: 150, scale: 1, warmUp: true };
const QUICK: Effort = { rounds: 1, budget: 10, scale: 0.01, warmUp: false };
const USAGE = "deno task bench [NAME...] [--rounds N] [--quick] [--no-peers] [--against NAME,...] " +
  "[--baseline FOLDER] [--sources] [--json FILE] [--svg FILE]";

function fail(message: string): never {
  console.error(message);
  Deno.exit(2);
}

const options = parseArgs(Deno.args, {
  string: ["rounds", "against", "baseline", "json", "svg"],
  boolean: ["quick", "peers", "sources", "help"],
  negatable: ["peers"],
  default: { peers: true },
  unknown: (_: string, key?: string) => key === undefined || fail(`No such option: --${key}\n${USAGE}`),
});
const names: string[] = options._.map(String);
const wanted = BENCHES.filter(({ name }) => names.length === 0 || names.some((start) => name.startsWith(start)));
const unknown = names.filter((start) => !BENCHES.some(({ name }) => name.startsWith(start)));
if (options.help || unknown.length > 0) {
  console.error(USAGE);
  for (const { name, what } of BENCHES) console.error(`  ${name.padEnd(18)} ${what}`);
  if (unknown.length > 0) fail(`No such benchmark: ${unknown.join(", ")}`);
  Deno.exit(0);
}

const effort: Effort = { ...options.quick ? QUICK : FULL };
if (options.rounds !== undefined) effort.rounds = Number(options.rounds);
if (!Number.isInteger(effort.rounds) || effort.rounds < 1) {
  fail(`--rounds takes a whole number from 1, not ${options.rounds}`);
}

const against = options.against?.split(",") ?? (options.baseline === undefined ? undefined : []);
for (const name of against ?? []) {
  if (BENCHES.some(({ contestants }) => contestants.some((each) => each.name === name))) continue;
  fail(`No such contestant: ${name}`);
}

const machine = {
  date: new Date().toISOString(),
  cores: navigator.hardwareConcurrency,
  deno: Deno.version.deno,
  v8: Deno.version.v8,
  os: `${Deno.build.os} ${Deno.osRelease()} ${Deno.build.arch}`,
  effort,
  load: { start: Deno.loadavg(), end: [] as number[] },
};
const load = (average: number[]): string => average.map((each) => each.toFixed(2)).join(" ");

await using own = await Published.of(new URL("../", import.meta.url), options.sources);
await using baseline = options.baseline === undefined
  ? undefined
  : await Published.of(pathToFileURL(`${options.baseline}/`), options.sources);
console.log(`Deno ${machine.deno}, ${machine.cores} cores, ${machine.os}, ${effort.rounds} rounds`);
console.log(`load at start: ${load(machine.load.start)}\n`);
const results: Result[] = [];
for (const bench of wanted) {
  const contestants = bench.contestants.filter(({ name, peer }, i) =>
    against ? i === 0 || against.includes(name) : options.peers || !peer
  ).map((each) => each.own ? { ...each, root: own.root } : each);
  if (baseline) contestants.splice(1, 0, { ...bench.contestants[0], name: "baseline", root: baseline.root });
  const result = summarize(await run({ ...bench, contestants }, effort), effort);
  results.push(result);
  console.log(table(result) + "\n");
}
machine.load.end = Deno.loadavg();
console.log(`load at end: ${load(machine.load.end)}`);
if (options.json) await Deno.writeTextFile(options.json, JSON.stringify({ machine, results }, undefined, 2) + "\n");
if (options.svg) await Deno.writeTextFile(options.svg, svg(results));
