/**
 * Measures calls of a manager against the same calls written by hand over a `MessagePort`: from a worker thread to the main
 * thread and back.
 * `deno run -A --import-map=npm.import_map.json bench/manager.ts [rounds]`, on a quiet machine. The two alternate.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import { Manager } from "../lib/manager/manager.ts";
import { encode } from "../lib/shared/revive.ts";
import { integerOf } from "./kit/arguments.ts";
import { median } from "./kit/statistics.ts";

const ROUNDS = integerOf("rounds", Deno.args[0], 7);
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
const methods = {
  hand: { at: () => byHand.call("at", [0]), push: (item) => byHand.call("push", [item]) },
  manager: { at: () => list.at(0), push: (item) => list.push(item) },
};
const item = { id: 1, name: "abc", ok: true };
const workloads = {
  "at(0), one by one": async (method, n) => { for (let i = 0; i < n; i++) await method.at(); },
  "push(object), one by one": async (method, n) => { for (let i = 0; i < n; i++) await method.push(item); },
  "at(0), 1,000 in flight": async (method, n) => {
    for (let i = 0; i < n; i += 1000) await Promise.all(Array.from({ length: 1000 }, () => method.at()));
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
    await workloads[data.name](methods[data.contestant], data.count);
    parentPort.postMessage({ us: (performance.now() - start) / data.count * 1000 });
  }
};
parentPort.postMessage("ready");`;

using manager = new Manager();
const list = manager.list<unknown>([1]);
const worker = new Worker(new URL("data:text/javascript," + encodeURIComponent(source)));
const array: unknown[] = [1];
let measured = Promise.withResolvers<{ us: number }>();
worker.on("message", (data: unknown) => {
  if (!Array.isArray(data)) return measured.resolve(data as { us: number });
  const [call, method, args] = data;
  worker.postMessage([call, method === "at" ? array.at(args[0]) : array.push(args[0])]);
});
await measured.promise;
worker.postMessage({ list: structuredClone(encode(list)) });

async function measure(contestant: string, name: string, count: number): Promise<number> {
  measured = Promise.withResolvers();
  worker.postMessage({ contestant, name, count });
  return (await measured.promise).us;
}

for (const name of ["at(0), one by one", "push(object), one by one", "at(0), 1,000 in flight"]) {
  const byHand: number[] = [], byManager: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const handUs = await measure("hand", name, 10_000);
    const managerUs = await measure("manager", name, 10_000);
    if (round > 0) byHand.push(handUs), byManager.push(managerUs);
    array.length = 1;
    await list.clear();
    await list.push(1);
  }
  const ratio = median(byHand.map((us, i) => byManager[i] / us));
  console.log(
    `${name.padEnd(25)} port ${median(byHand).toFixed(1)} us  manager ${median(byManager).toFixed(1)} us  x ${
      ratio.toFixed(2)
    }`,
  );
}
const transactions: number[] = [];
for (let round = 0; round < ROUNDS; round++) transactions.push(await measure("manager", "transaction", 2_000));
console.log(`an empty transaction ${median(transactions).toFixed(1)} us`);
await worker.terminate();
