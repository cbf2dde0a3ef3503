/**
 * Calls of a manager against the same calls by hand over a `MessagePort`: from a thread to this one and back.
 * `deno run -A --import-map=npm.import_map.json bench/manager.ts [rounds]`, on a quiet machine. The two alternate.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import { Manager } from "../lib/manager/manager.ts";
import { encode } from "../lib/shared/revive.ts";

const ROUNDS = Number(Deno.args[0] ?? 7);
const here = new URL("..", import.meta.url).href;
const source = `import { parentPort } from "node:worker_threads";
import "${here}lib/manager/kinds.ts";
import { decode } from "${here}lib/shared/revive.ts";
const calls = new Map();
let last = 0;
const byHand = {
  call: (method, args) => new Promise((resolve) => {
    calls.set(++last, resolve);
    parentPort.postMessage([last, method, args]);
  }),
};
let list;
const ways = {
  hand: { at: () => byHand.call("at", [0]), push: (item) => byHand.call("push", [item]) },
  manager: { at: () => list.at(0), push: (item) => list.push(item) },
};
const item = { id: 1, name: "abc", ok: true };
const work = {
  "at(0), one by one": async (way, n) => { for (let i = 0; i < n; i++) await way.at(); },
  "push(object), one by one": async (way, n) => { for (let i = 0; i < n; i++) await way.push(item); },
  "at(0), 1,000 in flight": async (way, n) => {
    for (let i = 0; i < n; i += 1000) await Promise.all(Array.from({ length: 1000 }, () => way.at()));
  },
  "transaction": async (_, n) => { for (let i = 0; i < n; i++) await list.transaction(() => {}); },
};
parentPort.onmessage = async ({ data }) => {
  if (Array.isArray(data)) {
    calls.get(data[0])(data[1]);
    calls.delete(data[0]);
  } else if (data.list) list = decode(data.list);
  else {
    const start = performance.now();
    await work[data.name](ways[data.way], data.count);
    parentPort.postMessage({ us: (performance.now() - start) / data.count * 1000 });
  }
};
parentPort.postMessage("ready");`;

using manager = new Manager();
const list = manager.list<unknown>([1]);
const worker = new Worker(new URL("data:text/javascript," + encodeURIComponent(source)));
const array: unknown[] = [1];
let answer = Promise.withResolvers<{ us: number }>();
worker.on("message", (data: unknown) => {
  if (!Array.isArray(data)) return answer.resolve(data as { us: number });
  const [call, method, args] = data;
  worker.postMessage([call, method === "at" ? array.at(args[0]) : array.push(args[0])]);
});
await answer.promise;
worker.postMessage({ list: structuredClone(encode(list)) });

async function measure(way: string, name: string, count: number): Promise<number> {
  answer = Promise.withResolvers();
  worker.postMessage({ way, name, count });
  return (await answer.promise).us;
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1];

for (const name of ["at(0), one by one", "push(object), one by one", "at(0), 1,000 in flight"]) {
  const hand: number[] = [], calls: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const one = await measure("hand", name, 10_000);
    const other = await measure("manager", name, 10_000);
    if (round > 0) hand.push(one), calls.push(other);
    array.length = 1;
    await list.clear();
    await list.push(1);
  }
  const ratio = median(hand.map((us, i) => calls[i] / us));
  console.log(
    `${name.padEnd(25)} port ${median(hand).toFixed(1)} us  manager ${median(calls).toFixed(1)} us  x ${
      ratio.toFixed(2)
    }`,
  );
}
const alone: number[] = [];
for (let round = 0; round < ROUNDS; round++) alone.push(await measure("manager", "transaction", 2_000));
console.log(`an empty transaction ${median(alone).toFixed(1)} us`);
await worker.terminate();
