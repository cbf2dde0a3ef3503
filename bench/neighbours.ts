/**
 * What short calls do to their neighbours: the tail of a timer of 1 ms and of an HTTP server on the main thread, beside
 * nothing, beside a bare Web Worker that answers one message after another, and beside a busy pool, in turns; and what a
 * call costs when four pools are busy at once.
 *
 * The requests come from a process of its own, one each 5 ms. Run it under `taskset -c 0` for one core.
 *
 * ```sh
 * deno run --no-check --import-map=npm.import_map.json -A bench/neighbours.ts [rounds]
 * ```
 *
 * @module
 */
import { inline, Pool } from "@isopool/isopool";
import { integerOf } from "./kit/arguments.ts";
import { median, quantile } from "./kit/statistics.ts";

const ROOT = new URL("../", import.meta.url).pathname;
/** Milliseconds of one measurement. */
const ROUND = 2_000;
/** Milliseconds between two requests. */
const PACE = 5;
const POOLS = 4;
const IN_FLIGHT = 100;

const next = inline((n: number) => n + 1);

/** Makes a pool busy with one short call after another, until the returned function is called. */
async function keepBusy(): Promise<() => Promise<void>> {
  const pool = new Pool(2);
  await pool.ready();
  let stops = false;
  const calls = (async () => {
    for (let n = 0; !stops; n++) await pool.submit(next, n);
  })();
  return async () => {
    stops = true;
    await calls;
    await pool[Symbol.asyncDispose]();
  };
}

/** Keeps a bare Web Worker busy with one short message after another, until the returned function is called. */
function keepBareBusy(): () => Promise<void> {
  const source = "onmessage = ({ data }) => postMessage(data + 1);";
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(source)}`, { type: "module" });
  const ended = Promise.withResolvers<void>();
  let stops = false;
  worker.onmessage = ({ data }) => stops ? ended.resolve() : worker.postMessage(data);
  worker.postMessage(0);
  return async () => {
    stops = true;
    await ended.promise;
    worker.terminate();
  };
}

/** The 99th percentile of the time between two firings of a timer of 1 ms, in milliseconds. */
async function timerTail(): Promise<number> {
  const gaps: number[] = [];
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    gaps.push(now - last);
    last = now;
  }, 1);
  await new Promise((resolve) => setTimeout(resolve, ROUND));
  clearInterval(timer);
  return quantile(gaps, 0.99);
}

/** The 99th percentile of the time of a request to a server of this thread, in milliseconds. */
async function serverTail(): Promise<number> {
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response("ok"));
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-check", `--import-map=${ROOT}npm.import_map.json`, "-A"],
      ...[import.meta.filename!, "--client", String(server.addr.port)],
    ],
    stdin: "null",
    stderr: "inherit",
  }).output();
  return Number(new TextDecoder().decode(stdout));
}

async function client(port: string): Promise<number> {
  const url = `http://127.0.0.1:${port}/`;
  const times: number[] = [];
  for (const end = performance.now() + ROUND; performance.now() < end;) {
    const start = performance.now();
    await (await fetch(url)).text();
    times.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, PACE));
  }
  return quantile(times.slice(10), 0.99);
}

/** Microseconds of one call while `count` pools have 100 calls in flight each. A round of the same goes before it. */
async function callTime(count: number): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const pools = Array.from({ length: count }, () => stack.use(new Pool(2)));
  await Promise.all(pools.map((pool) => pool.ready()));
  const submitAll = async () => {
    const start = performance.now();
    let calls = 0;
    await Promise.all(pools.map(async (pool) => {
      while (performance.now() < start + ROUND) {
        await Promise.all(Array.from({ length: IN_FLIGHT }, (_, n) => pool.submit(next, n)));
        calls += IN_FLIGHT;
      }
    }));
    return (performance.now() - start) * 1_000 / calls;
  };
  await submitAll();
  return await submitAll();
}

if (Deno.args[0] === "--client") {
  console.log(await client(Deno.args[1]));
} else if (import.meta.main) {
  const rounds = integerOf("rounds", Deno.args[0], 5);
  const tails = { "timer of 1 ms": timerTail, "HTTP server": serverTail };
  const neighbours = { "a bare Web Worker": keepBareBusy, "short calls of a pool": keepBusy };
  for (const [name, measure] of Object.entries(tails)) {
    const alone: number[] = [];
    const beside: Record<string, number[]> = {};
    for (let round = 0; round < rounds; round++) {
      alone.push(await measure());
      for (const [neighbour, keep] of Object.entries(neighbours)) {
        const stop = await keep();
        (beside[neighbour] ??= []).push(await measure());
        await stop();
      }
    }
    console.log(`${name}: p99 ${median(alone).toFixed(2)} ms alone (medians of ${rounds} rounds)`);
    for (const [neighbour, tail] of Object.entries(beside)) {
      const ratio = median(tail.map((each, i) => each / alone[i]));
      console.log(`  beside ${neighbour}: ${median(tail).toFixed(2)} ms, x ${ratio.toFixed(2)}`);
    }
  }
  for (const count of [1, POOLS]) {
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) times.push(await callTime(count));
    console.log(`${count} pools at once, ${IN_FLIGHT} calls in flight in each: ${median(times).toFixed(2)} us a call`);
  }
}
