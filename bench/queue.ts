/**
 * Benchmarks of messages in one direction from worker to worker: a queue against `postMessage`, with small messages and
 * with 1 MB of bytes.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import {
  isopoolAsync,
  isopoolShared,
  port,
  portChunked,
  portNode,
  pythonQueue,
  pythonSimpleQueue,
} from "./kit/contestants.ts";

const queue = (payload: string, what: string, goal?: Bench["goal"]): Bench => ({
  name: `queue_${payload}`,
  what: `${what} from worker to worker`,
  unit: "us a message",
  ...goal && { goal },
  contestants: [
    isopoolShared,
    isopoolAsync,
    port,
    ...payload === "1MB" ? [] : [portChunked],
    portNode,
    pythonQueue,
    pythonSimpleQueue,
  ],
});

export const queues: readonly Bench[] = [
  queue("number", "a number", { limit: 1 }),
  queue("object", "a small object", { limit: 1 }),
  queue("date_in_map", "a date in a Map"),
  queue("1MB", "1 MB of bytes"),
];
