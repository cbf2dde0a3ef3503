/**
 * A worker that blocks on shared memory: word 0 is a turn counter, word 1 the argument and then the result of the call.
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
