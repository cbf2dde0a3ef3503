/**
 * The worker of the bare contestants. A list is many calls, anything else is one: nothing travels but the arguments.
 *
 * @module
 */
import { workerData } from "node:worker_threads";
import * as tasks from "./tasks.mjs";

// What makes terminate() interrupt a loop under Deno.
globalThis.navigator?.locks?.request(crypto.randomUUID(), { mode: "shared" }, () => new Promise(() => {}));

const { port, task } = workerData;
const fn = tasks[task];
port.onmessage = async ({ data }) => {
  if (task === "bounce") return port.postMessage(data, [data.buffer]);
  if (Array.isArray(data)) return port.postMessage(data.map((item) => fn(item)));
  const value = fn(data);
  port.postMessage(value instanceof Promise ? await value : value);
};
