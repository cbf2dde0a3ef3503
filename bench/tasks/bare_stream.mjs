/**
 * A thread that posts the items of a generator, in lists.
 *
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { count } from "./tasks.mjs";

const { length, itemsAMessage } = workerData;
let items = [];
for await (const item of count(length)) {
  items.push(item);
  if (items.length < itemsAMessage) continue;
  parentPort.postMessage(items);
  items = [];
}
if (items.length > 0) parentPort.postMessage(items);
