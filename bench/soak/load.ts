/**
 * Large loads: time, memory and the slowest calls. Each prints one line of JSON.
 *
 *   deno task soak:load queued [calls]     calls submitted at once; 1,000,000
 *   deno task soak:load streamed [items]   items of a generator through imap; 10,000,000
 *   deno task soak:load pools [pools]      pools made, used for one call and closed, two at a time; 10,000
 *   deno task soak:load io [requests]      requests to a server of another process, 1,000 at a time; 100,000
 *
 * Times are milliseconds. `mib` is resident memory: before, at most, and after a garbage collection at the end.
 *
 * @module
 */
import { activeWorkers, Pool, pooled, tasks } from "../../mod.ts";
import { integerOf, refuse } from "../kit/arguments.ts";
import type * as Tasks from "./faults/tasks.ts";

const own = tasks<typeof Tasks>(import.meta.resolve("./faults/tasks.ts"));
const MIB = 1 << 20;

/** The median, the upper percentiles and the maximum of some times. */
function quantiles(times: Float64Array): Record<string, number> {
  times.sort();
  const at = (share: number) => Math.round(times[Math.ceil(share * times.length) - 1] * 100) / 100;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}

async function queued(calls: number): Promise<Record<string, unknown>> {
  await using pool = new Pool(2);
  await pool.submit(own.value, 1);
  const times = new Float64Array(calls);
  const start = performance.now();
  const all: Promise<void>[] = [];
  let wrong = 0;
  for (let n = 0; n < calls; n++) {
    all.push(
      pool.submit(own.value, n).then((result) => {
        times[n] = performance.now() - start;
        if (typeof result !== "number") wrong++;
      }),
    );
  }
  const submitted = performance.now() - start;
  await Promise.all(all);
  return { calls, submitted, wrong, sinceStart: quantiles(times) };
}

async function streamed(items: number): Promise<Record<string, unknown>> {
  await using pool = new Pool(2);
  await pool.submit(own.value, 1);
  function* numbers() {
    for (let n = 0; n < items; n++) yield n;
  }
  let [read, wrong, slowest, last] = [0, 0, 0, performance.now()];
  const expected = await import("./faults/tasks.ts");
  for await (const result of pool.imap(own.value, numbers(), { buffer: 10_000 })) {
    if (result !== expected.value(read++)) wrong++;
    const now = performance.now();
    slowest = Math.max(slowest, now - last);
    last = now;
  }
  return { items, read, wrong, longestPause: slowest };
}

async function pools(count: number): Promise<Record<string, unknown>> {
  const times = new Float64Array(count);
  let next = 0;
  const makePools = async () => {
    while (next < count) {
      const index = next++;
      const start = performance.now();
      {
        await using pool = new Pool(1);
        await pool.submit(own.value, index);
      }
      times[index] = performance.now() - start;
    }
  };
  await Promise.all([makePools(), makePools()]);
  const threads = [...Deno.readDirSync("/proc/self/task")].length;
  return { pools: count, each: quantiles(times), workersLeft: activeWorkers(), threads };
}

async function io(requests: number): Promise<Record<string, unknown>> {
  const server = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-net=127.0.0.1", import.meta.resolve("./load_server.ts")],
    stdout: "piped",
  }).spawn();
  const reader = server.stdout.getReader();
  const url = new TextDecoder().decode((await reader.read()).value).trim();
  const times = new Float64Array(requests);
  function* numbers() {
    for (let n = 0; n < requests; n++) yield n;
  }
  let wrong = 0;
  const start = performance.now();
  for await (
    const [n, text] of pooled(numbers(), async (n, { signal }) => {
      const start = performance.now();
      const text = await (await fetch(`${url}/${n}`, { signal })).text();
      times[n] = performance.now() - start;
      return [n, text] as const;
    }, { concurrency: 1_000 })
  ) if (text !== `/${n}`) wrong++;
  const seconds = (performance.now() - start) / 1_000;
  server.kill();
  await reader.cancel();
  await server.status;
  return { requests, perSecond: Math.round(requests / seconds), wrong, each: quantiles(times) };
}

const LOADS: Record<string, [run: (count: number) => Promise<Record<string, unknown>>, count: number]> = {
  queued: [queued, 1e6],
  streamed: [streamed, 1e7],
  pools: [pools, 1e4],
  io: [io, 1e5],
};

if (import.meta.main) {
  const [name, given] = Deno.args;
  const load = LOADS[name];
  if (!load) refuse(`The load is ${name}: it takes ${Object.keys(LOADS).join(", ")}`);
  const [run, count] = load;
  const { gc } = globalThis as { gc?: () => void };
  const resident = () => Math.round(Deno.memoryUsage().rss / MIB);
  const before = resident();
  const start = performance.now();
  const figures = await run(integerOf("count", given, count));
  const ms = Math.round(performance.now() - start);
  gc?.();
  await new Promise((resolve) => setTimeout(resolve, 100));
  gc?.();
  const peak = Math.round(Number(/^VmHWM:\s*(\d+)/m.exec(Deno.readTextFileSync("/proc/self/status"))![1]) / 1_024);
  console.log(JSON.stringify({ load: name, ms, mib: { before, peak, after: resident() }, ...figures }));
  if (figures.wrong) Deno.exit(1);
}
