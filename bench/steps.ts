/**
 * Measures each step of one call by itself, with the functions that the library itself runs.
 *
 * `deno task bench:steps`; the table in ARCHITECTURE.md is its output.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import { Pool, tasks } from "../mod.ts";
import { Doorbell } from "../lib/protocol/doorbell.ts";
import { CallTable } from "../lib/protocol/call_table.ts";
import { snapshot } from "../lib/protocol/snapshot.ts";

const { identity } = tasks<{ identity(n: number): number }>(import.meta.resolve("./tasks/steps.mjs"));
const ROUNDS = 15;
const CALLS = 1_000;
const terms = { task: 1, spread: true, timeout: undefined, hasLimit: false, attempt: 1, timed: false };

/** Gives the median over the rounds of the time of `run`, divided by `count`, in microseconds; the first round warms up. */
async function measure(count: number, run: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const start = performance.now();
    await run();
    if (round > 0) times.push((performance.now() - start) / count * 1000);
  }
  return times.sort((a, b) => a - b)[ROUNDS >> 1];
}

function report(step: string, us: number): void {
  console.log(`| ${step.padEnd(72)} | ${us < 10 ? us.toFixed(2) : us.toFixed(0)} |`);
}

const args = Array.from({ length: CALLS }, (_, n) => [n]);
report("take a copy of the arguments (one number)", await measure(CALLS, () => args.map((each) => snapshot(each, []))));
const makeObject = (n: number) => ({ id: n, name: "name", ok: true });
report("... (a small object, as text)", await measure(CALLS, () => args.map(([n]) => snapshot([makeObject(n)], []))));
report(
  "... (a small object with a Map, by structured clone)",
  await measure(CALLS, () => args.map(([n]) => snapshot([{ ...makeObject(n), map: new Map() }], []))),
);

const calls = new CallTable();
const doorbell = new Doorbell();
const writeCalls = () => args.forEach((each, seq) => calls.openBatch(seq, terms, [each], seq));
/** Does the worker's part and the host's part of every written call in this thread. */
const runCalls = (run: (item: unknown) => unknown) => {
  for (let seq = 0; seq < CALLS; seq++) {
    const { items } = calls.batchFrom(seq)!;
    if (calls.start(seq)) calls.setResult(seq, run(items.at(0)));
    calls.result(seq, calls.state(seq));
  }
};
report("host: write the call into shared memory", await measure(CALLS, writeCalls));
report(
  "host: publish the call, no worker parked",
  await measure(CALLS, () => args.forEach((_, seq) => doorbell.publish(seq))),
);
report(
  "both: write, read, start, set the result, read the result (a number)",
  await measure(CALLS, () => {
    writeCalls();
    runCalls(() => 5);
  }),
);
report(
  "... (the result is a small object)",
  await measure(CALLS, () => {
    writeCalls();
    runCalls(() => makeObject(1));
  }),
);
report(
  "worker: report a finished call, host not parked",
  await measure(CALLS, () => args.forEach(() => doorbell.report({ count: 1, ms: 0, runTime: 0 }))),
);

const worker = new Worker(new URL("./tasks/steps_doorbell.mjs", import.meta.url), {
  workerData: {
    memory: doorbell.memory,
    tail: doorbell.tail,
    doorbell: import.meta.resolve("../lib/protocol/doorbell.ts"),
  },
});
const keepAlive = setInterval(() => {}, 1_000);
let tail = doorbell.tail;
report(
  "wake a parked worker, and be woken by it (2 of a call's 3 wake-ups)",
  await measure(CALLS, async () => {
    for (let n = 0; n < CALLS; n++) {
      doorbell.publish(++tail);
      while (doorbell.takeReport().count === 0) await doorbell.reported();
    }
  }),
);
clearInterval(keepAlive);
await worker.terminate();

await using pool = new Pool({ workers: 1 });
await pool.ready();
const submitTimes: number[] = [];
const inFlight = await measure(CALLS, async () => {
  const start = performance.now();
  const futures = args.map(([n]) => pool.submit(identity, n));
  submitTimes.push((performance.now() - start) / CALLS * 1000);
  await Promise.all(futures);
});
report("pool.submit(), 1,000 in one go: until it returns", submitTimes.sort((a, b) => a - b)[submitTimes.length >> 1]);
report("... from submit to the result", inFlight);
report(
  "one call at a time: from submit to the result",
  await measure(CALLS, async () => {
    for (const [n] of args) await pool.submit(identity, n);
  }),
);
