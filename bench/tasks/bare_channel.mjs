/**
 * A thread at one end of a message channel: it sends as many messages as it is told to, or receives as many.
 *
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { MESSAGES } from "../workloads/payloads.mjs";
import { now } from "./operations.mjs";

const { port, payload, puts, messagesPerList } = workerData;
const { make } = MESSAGES[payload];

if (puts) {
  parentPort.on("message", (count) => {
    const begin = now();
    for (let i = 0; i < count; i += messagesPerList) {
      const length = Math.min(messagesPerList, count - i);
      port.postMessage(messagesPerList === 1 ? make(i) : Array.from({ length }, (_, j) => make(i + j)));
    }
    parentPort.postMessage([begin, begin]);
  });
} else {
  let remaining = 0;
  // Messages may arrive before their number is known: `remaining` is negative then.
  const add = (count) => {
    remaining += count;
    if (remaining === 0) parentPort.postMessage([now(), now()]);
  };
  parentPort.on("message", add);
  port.onmessage = ({ data }) => add(messagesPerList === 1 ? -1 : -data.length);
}
