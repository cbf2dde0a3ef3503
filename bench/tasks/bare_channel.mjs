/**
 * One end of a message channel between two threads: puts so many, or gets so many.
 *
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { MESSAGES } from "../workloads/payloads.mjs";
import { now } from "./operations.mjs";

const { port, payload, puts, messagesAList } = workerData;
const { make } = MESSAGES[payload];

if (puts) {
  parentPort.on("message", (count) => {
    const begin = now();
    for (let i = 0; i < count; i += messagesAList) {
      const length = Math.min(messagesAList, count - i);
      port.postMessage(messagesAList === 1 ? make(i) : Array.from({ length }, (_, j) => make(i + j)));
    }
    parentPort.postMessage([begin, begin]);
  });
} else {
  let left = 0;
  // Negative while messages are here before their number is known.
  const took = (count) => {
    left += count;
    if (left === 0) parentPort.postMessage([now(), now()]);
  };
  parentPort.on("message", took);
  port.onmessage = ({ data }) => took(messagesAList === 1 ? -1 : -data.length);
}
