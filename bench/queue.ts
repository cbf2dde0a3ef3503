/**
 * One way from one thread to another: a queue against `postMessage`, for a small message and for 1 MB of bytes.
 * `deno run -A --import-map=npm.import_map.json bench/queue.ts [rounds]`, on a quiet machine. The two alternate.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import "../lib/queue/kinds.ts";
import { Queue } from "../lib/queue/queue.ts";
import { encode } from "../lib/shared/revive.ts";

const ROUNDS = Number(Deno.args[0] ?? 9);
const CASES: [string, unknown, number][] = [
  ["number", 12345, 20_000],
  ["small object", { id: 1, name: "abc", ok: true }, 20_000],
  ["date in a map", new Map([["at", new Date(1)]]), 5_000],
  ["1 MB of bytes", new Uint8Array(1 << 20), 100],
];

const here = new URL("..", import.meta.url).href;
const source = `import { parentPort } from "node:worker_threads";
import "${here}lib/queue/kinds.ts";
import { decode } from "${here}lib/shared/revive.ts";
let left = 0;
parentPort.onmessage = ({ data }) => {
  if (data.begin) left = data.begin;
  else if (data.queue) {
    const queue = decode(data.queue);
    for (let i = 0; i < data.count; i++) queue.getSync();
    parentPort.postMessage("done");
  } else if (--left === 0) parentPort.postMessage("done");
};
parentPort.postMessage("ready");`;
const worker = new Worker(new URL("data:text/javascript," + encodeURIComponent(source)));
const answer = () => new Promise((resolve) => worker.once("message", resolve));
await answer();

async function time(count: number, run: () => void): Promise<number> {
  const start = performance.now();
  const end = answer();
  run();
  await end;
  return (performance.now() - start) / count * 1000;
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1];

for (const [name, value, count] of CASES) {
  const plain: number[] = [], queued: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const one = await time(count, () => {
      worker.postMessage({ begin: count });
      for (let i = 0; i < count; i++) worker.postMessage({ value });
    });
    const queue = new Queue<unknown>();
    const two = await time(count, () => {
      worker.postMessage({ queue: structuredClone(encode(queue)), count });
      for (let i = 0; i < count; i++) queue.tryPut(value);
    });
    if (round > 0) plain.push(one), queued.push(two);
  }
  const ratio = median(plain.map((us, i) => queued[i] / us));
  console.log(
    `${name.padEnd(14)} postMessage ${median(plain).toFixed(1)} us  queue ${median(queued).toFixed(1)} us  x ${
      ratio.toFixed(2)
    }`,
  );
}
await worker.terminate();
