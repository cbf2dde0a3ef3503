/**
 * Where the time of one task goes: each step by itself, by the functions that production runs.
 *
 * `deno task bench:steps`; the table in ARCHITECTURE.md is its output.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import { Pool, tasks } from "../mod.ts";
import { Doorbell } from "../lib/protocol/doorbell.ts";
import { CallTable } from "../lib/protocol/call_table.ts";
import { snapshot } from "../lib/protocol/envelope.ts";

const { identity } = tasks<{ identity(n: number): number }>(import.meta.resolve("./tasks/steps.mjs"));
const ROUNDS = 15;
const CALLS = 1_000;
const terms = { task: 1, spread: true, timeout: undefined, limited: false, attempt: 1 };

/** Median over the rounds of what `run` takes for one of `count`, in microseconds; the first round warms up. */
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
const object = (n: number) => ({ id: n, name: "name", ok: true });
report("... (a small object, as text)", await measure(CALLS, () => args.map(([n]) => snapshot([object(n)], []))));
report(
  "... (a small object with a Map, by structured clone)",
  await measure(CALLS, () => args.map(([n]) => snapshot([{ ...object(n), map: new Map() }], []))),
);

const board = new CallTable();
const bell = new Doorbell();
report(
  "host: write the call into shared memory",
  await measure(CALLS, () => args.forEach((each, seq) => board.openBatch(seq, terms, [each], seq))),
);
report("host: ring, nobody asleep", await measure(CALLS, () => args.forEach((_, seq) => bell.publish(seq))));
const place = () => args.forEach((each, seq) => board.openBatch(seq, terms, [each], seq));
const serve = (answer: (item: unknown) => unknown) => {
  for (let seq = 0; seq < CALLS; seq++) {
    const { items } = board.batchFrom(seq)!;
    if (board.start(seq)) board.setResult(seq, answer(items.at(0)));
    board.result(seq, board.state(seq));
  }
};
report(
  "both: write, pick, take, answer and read the answer (a number)",
  await measure(CALLS, () => {
    place();
    serve(() => 5);
  }),
);
report(
  "... (a small object comes back)",
  await measure(CALLS, () => {
    place();
    serve(() => object(1));
  }),
);
report(
  "worker: tell, nobody asleep",
  await measure(CALLS, () => args.forEach(() => bell.report({ count: 1, ms: 0, ran: 0 }))),
);

const worker = new Worker(new URL("./tasks/steps_doorbell.mjs", import.meta.url), {
  workerData: { memory: bell.memory, tail: bell.tail, doorbell: import.meta.resolve("../lib/protocol/doorbell.ts") },
});
const alive = setInterval(() => {}, 1_000);
let tail = bell.tail;
report(
  "wake a worker that blocks, and be woken by it (two of three in every call)",
  await measure(CALLS, async () => {
    for (let n = 0; n < CALLS; n++) {
      bell.publish(++tail);
      while (bell.takeReport().count === 0) await bell.reported();
    }
  }),
);
clearInterval(alive);
await worker.terminate();

await using pool = new Pool({ workers: 1 });
await pool.ready();
let sent: PromiseLike<unknown>[] = [];
const submitted: number[] = [];
const together = await measure(CALLS, async () => {
  const start = performance.now();
  sent = args.map(([n]) => pool.submit(identity, n));
  submitted.push((performance.now() - start) / CALLS * 1000);
  await Promise.all(sent);
});
report("pool.submit(), 1,000 in one go: until it returns", submitted.sort((a, b) => a - b)[submitted.length >> 1]);
report("... the whole way there and back", together);
report(
  "the whole way, one call at a time",
  await measure(CALLS, async () => {
    for (const [n] of args) await pool.submit(identity, n);
  }),
);
