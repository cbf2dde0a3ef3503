/**
 * A thread that changes shared memory without the library: with a lock of three states, or with plain `Atomics`.
 *
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { together } from "./operations.mjs";

const FREE = 0, HELD = 1, CONTENDED = 2;
/** Indices of the lock and of the number that it guards. */
const [LOCK, NUMBER] = [0, 1];
const words = new Int32Array(workerData.memory);

const OPERATIONS = {
  lock() {
    acquire();
    words[NUMBER]++;
    release();
  },
  counter: () => Atomics.add(words, NUMBER, 1),
  value: () => Atomics.store(words, NUMBER, Atomics.load(words, NUMBER) + 1),
};

function acquire() {
  let state = Atomics.compareExchange(words, LOCK, FREE, HELD);
  while (state !== FREE) {
    if (state === CONTENDED || Atomics.compareExchange(words, LOCK, HELD, CONTENDED) !== FREE) {
      Atomics.wait(words, LOCK, CONTENDED);
    }
    state = Atomics.compareExchange(words, LOCK, FREE, CONTENDED);
  }
}

function release() {
  if (Atomics.exchange(words, LOCK, FREE) === CONTENDED) Atomics.notify(words, LOCK, 1);
}

parentPort.on("message", ({ barrier, threads, count }) => {
  parentPort.postMessage(together(barrier, threads, count, OPERATIONS[workerData.operation]));
});
