/**
 * What it costs to watch a pool: a bar, a trace, OpenTelemetry, each against the same work without it, in turns.
 *
 * The bar is switched on and off within one process, a map of a million numbers each time, because its cost is less than
 * what two processes differ by; what counts is processor time, which other programs disturb less. The others are measured in processes of their own: telemetry is chosen when a process
 * starts. All processes have a pseudo-terminal (`script` of util-linux) as stderr, which the bar needs.
 *
 * ```sh
 * deno run --no-check --import-map=npm.import_map.json -A bench/observe.ts [rounds]
 * ```
 *
 * @module
 */
import process from "node:process";
import { inline, Pool } from "@isopool/isopool";
import { integerOf } from "./kit/arguments.ts";
import { median } from "./kit/statistics.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const MILLION = 1_000_000;
const PAIRS = 41;
/** Milliseconds of work before a measurement. */
const WARM_UP = 2_000;
/** Milliseconds that a map of waiting items lasts. */
const IDLE = 5_000;

const next = inline((n: number) => n + 1);

/** What a variant's process measures: microseconds of one call, or of one item. */
interface Costs {
  readonly "one call at a time": number;
  readonly "1000 calls in flight": number;
  readonly "item of a map": number;
}

const VARIANTS: Record<string, Record<string, string>> = {
  nothing: {},
  trace: {},
  // The spans go to this program, which throws them away.
  telemetry: { OTEL_DENO: "true" },
};

async function timeOf(work: () => unknown, count: number): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) * 1_000 / count;
}

async function measure(variant: string, folder: string): Promise<Costs> {
  await using pool = new Pool(2);
  const numbers = Array.from({ length: 20_000 }, (_, n) => n);
  const one = async () => {
    for (let n = 0; n < 2_000; n++) await pool.submit(next, n);
  };
  const inFlight = async () => {
    for (let n = 0; n < 10; n++) await Promise.all(numbers.slice(0, 1_000).map((n) => pool.submit(next, n)));
  };
  const map = () => pool.map(next, numbers);
  await using _trace = variant === "trace" ? await pool.trace(`${folder}/trace.json`) : undefined;
  return {
    "one call at a time": await warmTimeOf(one, 2_000),
    "1000 calls in flight": await warmTimeOf(inFlight, 10_000),
    "item of a map": await warmTimeOf(map, numbers.length),
  };
}

// The compiler of V8 takes a core for the first second.
async function warmTimeOf(work: () => unknown, count: number): Promise<number> {
  for (const end = performance.now() + WARM_UP; performance.now() < end;) await work();
  return median([await timeOf(work, count), await timeOf(work, count), await timeOf(work, count)]);
}

interface BarCosts {
  /** Processor time of a map with a bar over that of one without, pair by pair. */
  readonly ratios: number[];
  /** Share of a core that the bar of a map takes whose items only wait. */
  readonly idle: number;
}

async function measureBar(): Promise<BarCosts> {
  await using pool = new Pool(2);
  const numbers = Array.from({ length: MILLION }, (_, n) => n);
  const run = (progress: boolean) => cpuOf(() => pool.map(next, numbers, { progress }));
  const ratios: number[] = [];
  for (let pair = -2; pair < PAIRS; pair++) {
    const [first, second] = [await run(pair % 2 === 0), await run(pair % 2 !== 0)];
    if (pair >= 0) ratios.push(pair % 2 === 0 ? first / second : second / first);
  }
  const sleep = inline((ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)));
  const wait = (progress: boolean) => cpuOf(() => pool.map(sleep, [IDLE, IDLE], { progress }));
  const [without, withBar] = [await wait(false), await wait(true)];
  return { ratios, idle: (withBar - without) / IDLE };
}

// Milliseconds of processor time of all threads.
async function cpuOf(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

async function inTerminal<T>(variant: string, env: Record<string, string> = {}): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "isopool-bench-" });
  const command =
    `"${Deno.execPath()}" run --quiet --no-check --no-lock --import-map="${ROOT}npm.import_map.json" -A ` +
    `"${ROOT}bench/observe.ts" --variant ${variant} "${folder}"`;
  const { success, stdout } = await new Deno.Command("script", {
    args: ["-qefc", command, "/dev/null"],
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stdout));
  const result = JSON.parse(await Deno.readTextFile(`${folder}/result.json`));
  await Deno.remove(folder, { recursive: true });
  return result;
}

if (Deno.args[0] === "--variant") {
  const [, variant, folder] = Deno.args;
  const result = variant === "bar" ? await measureBar() : await measure(variant, folder);
  await Deno.writeTextFile(`${folder}/result.json`, JSON.stringify(result));
} else if (import.meta.main) {
  const { ratios, idle } = await inTerminal<BarCosts>("bar");
  const sorted = ratios.toSorted((a, b) => a - b).map((ratio) => ((ratio - 1) * 100).toFixed(1));
  console.log(
    `a bar over a map of ${MILLION} items: ${sorted[PAIRS >> 1]} % more processor time (median of ${PAIRS} pairs; ` +
      `quartiles ${sorted[PAIRS >> 2]} to ${sorted[(3 * PAIRS) >> 2]} %); while items wait: ` +
      `${(idle * 100).toFixed(2)} % of a core`,
  );
  await using collector = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    await request.arrayBuffer();
    return new Response();
  });
  VARIANTS.telemetry.OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${collector.addr.port}`;
  const rounds = integerOf("rounds", Deno.args[0], 3);
  const costs: Record<string, Costs[]> = Object.fromEntries(Object.keys(VARIANTS).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, env] of Object.entries(VARIANTS)) costs[name].push(await inTerminal<Costs>(name, env));
  }
  for (const what of Object.keys(costs.nothing[0]) as (keyof Costs)[]) {
    const us = (name: string) => median(costs[name].map((each) => each[what]));
    const texts = Object.keys(VARIANTS).map((name) =>
      `${name} ${us(name).toFixed(2)} us${name === "nothing" ? "" : ` (+${(us(name) - us("nothing")).toFixed(2)})`}`
    );
    console.log(`${what}: ${texts.join(", ")}`);
  }
}
