/**
 * A worker that blocks on shared memory: the call's number in one word, a turn counter in the other.
 *
 * @module
 */
import { workerData } from "node:worker_threads";
import { increment } from "./tasks.mjs";

const words = new Int32Array(workerData);
for (let turn = 0;; turn += 2) {
  while (Atomics.load(words, 0) === turn) Atomics.wait(words, 0, turn);
  words[1] = increment(words[1]);
  Atomics.store(words, 0, turn + 2);
  Atomics.notify(words, 0);
}
