/**
 * Benchmark of the command line beside GNU parallel and `xargs -P`: the start-up of each (one item that does nothing),
 * and what one more item costs. All take turns, so that the same machine load meets each of them.
 *
 * The others start a program for each item, which is what they are for; isopool calls a function. Items of isopool are many
 * more, because their time could not be seen otherwise.
 *
 * ```sh
 * deno run --no-check --import-map=npm.import_map.json -A bench/cli.ts [rounds]
 * ```
 *
 * @module
 */
import { integerOf } from "./kit/arguments.ts";
import { median } from "./kit/statistics.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const CLI =
  `"${Deno.execPath()}" run --quiet --no-check --no-lock --import-map="${ROOT}npm.import_map.json" -A "${ROOT}lib/cli.ts"`;
const ROUNDS = integerOf("rounds", Deno.args[0], 5);

interface Contestant {
  readonly name: string;
  /** A line of a shell that reads items, one a line. */
  readonly line: string;
  readonly items: number;
}

const folder = await Deno.makeTempDir({ prefix: "isopool-bench-" });
await Deno.writeTextFile(`${folder}/same.ts`, "export const same = (line: string) => line;\n");

const CONTESTANTS: readonly Contestant[] = [
  { name: "isopool map", line: `${CLI} map same.ts same -j2`, items: 300_000 },
  { name: "isopool map -k", line: `${CLI} map same.ts same -j2 -k`, items: 300_000 },
  { name: "isopool map --joblog", line: `${CLI} map same.ts same -j2 --joblog log`, items: 50_000 },
  { name: "isopool map --backend process", line: `${CLI} map same.ts same -j2 --backend process`, items: 5_000 },
  { name: "parallel", line: "parallel --will-cite -j2 echo", items: 50 },
  { name: "xargs -P2 -n1", line: "xargs -P2 -n1 echo", items: 300 },
];

async function seconds(line: string, items: number): Promise<number> {
  const start = performance.now();
  const { success, stderr } = await new Deno.Command("sh", {
    args: ["-c", `seq ${items} | ${line} > out`],
    cwd: folder,
    stdin: "null",
    stderr: "piped",
  }).output();
  const took = (performance.now() - start) / 1_000;
  if (!success) throw new Error(`${line}: ${new TextDecoder().decode(stderr)}`);
  const found = (await Deno.readTextFile(`${folder}/out`)).split("\n").length - 1;
  if (found !== items) throw new Error(`${line}: ${found} results of ${items}`);
  return took;
}

const startUps = CONTESTANTS.map((): number[] => []);
const costs = CONTESTANTS.map((): number[] => []);
for (let round = 0; round < ROUNDS; round++) {
  for (const [i, { line, items }] of CONTESTANTS.entries()) {
    const startUp = await seconds(line, 1);
    startUps[i].push(startUp);
    costs[i].push((await seconds(line, items) - startUp) / items);
  }
}
await Deno.remove(folder, { recursive: true });

console.log(
  `${ROUNDS} rounds, medians; load of the machine: ${
    Deno.loadavg()[0].toFixed(1)
  } on ${navigator.hardwareConcurrency} cores`,
);
for (const [i, { name }] of CONTESTANTS.entries()) {
  const cost = median(costs[i]) * 1e6;
  console.log(
    `${name.padEnd(30)} start-up ${(median(startUps[i]) * 1_000).toFixed(0).padStart(5)} ms, one more item ${
      cost < 100 ? cost.toFixed(2) : cost.toFixed(0)
    } us`,
  );
}
