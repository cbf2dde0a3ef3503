/**
 * The worker of the bare contestants. A message is only an argument: a list is the arguments of many calls, any other value
 * that of one call.
 *
 * @module
 */
import { workerData } from "node:worker_threads";
import * as tasks from "./tasks.mjs";

// Deno's terminate() interrupts a loop only in a thread that holds a Web Lock.
globalThis.navigator?.locks?.request(crypto.randomUUID(), { mode: "shared" }, () => new Promise(() => {}));

const { port, task } = workerData;
const fn = tasks[task];
port.onmessage = async ({ data }) => {
  if (task === "bounce") return port.postMessage(data, [data.buffer]);
  if (Array.isArray(data)) return port.postMessage(data.map((item) => fn(item)));
  const value = fn(data);
  port.postMessage(value instanceof Promise ? await value : value);
};
