/**
 * `deno task bench [NAME...] [--rounds N] [--quick] [--json FILE]`
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import type { Bench, Effort } from "./kit/bench.ts";
import { cpuBound1, cpuBound10 } from "./cpu_bound.ts";
import { inFlight } from "./in_flight.ts";
import { kill } from "./kill.ts";
import { mapTrivial } from "./map_trivial.ts";
import { memory } from "./memory.ts";
import { objects } from "./objects.ts";
import { pooled } from "./pooled.ts";
import { type Result, summarize, table } from "./report.ts";
import { roundTrip } from "./round_trip.ts";
import { run } from "./run.ts";
import { startUp } from "./start_up.ts";

const BENCHES: readonly Bench[] = [
  roundTrip,
  inFlight,
  objects,
  mapTrivial,
  pooled,
  startUp,
  cpuBound1,
  cpuBound10,
  kill,
  memory,
];
const FULL = { rounds: 5, budget: 150, items: 1_000_000 };
const QUICK = { rounds: 1, budget: 20, items: 50_000 };

const options = parseArgs(Deno.args, { string: ["rounds", "json"], boolean: ["quick", "help"] });
const names: string[] = options._.map(String);
const unknown = names.filter((name) => !BENCHES.some((bench) => bench.name.startsWith(name)));
if (options.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`No such benchmark: ${unknown.join(", ")}`);
  console.error("deno task bench [NAME...] [--rounds N] [--quick] [--json FILE]");
  for (const { name, what } of BENCHES) console.error(`  ${name.padEnd(14)} ${what}`);
  Deno.exit(options.help ? 0 : 2);
}

const effort: Effort = { ...options.quick ? QUICK : FULL };
if (options.rounds !== undefined) effort.rounds = Number(options.rounds);
if (!Number.isInteger(effort.rounds) || effort.rounds < 1) {
  console.error(`--rounds takes a whole number from 1, not ${options.rounds}`);
  Deno.exit(2);
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

console.log(`Deno ${machine.deno}, ${machine.cores} cores, ${machine.os}, ${effort.rounds} rounds`);
console.log(`load at start: ${load(machine.load.start)}\n`);
const results: Result[] = [];
for (const bench of BENCHES) {
  if (names.length > 0 && !names.some((name) => bench.name.startsWith(name))) continue;
  const result = summarize(await run(bench, effort));
  results.push(result);
  console.log(table(result) + "\n");
}
machine.load.end = Deno.loadavg();
console.log(`load at end: ${load(machine.load.end)}`);
if (options.json) {
  await Deno.writeTextFile(options.json, JSON.stringify({ machine, results }, undefined, 2) + "\n");
}
