/**
 * Contestants written by hand for shared memory and for messages between threads. The variant is the number of messages
 * that go in one list.
 *
 * @module
 */
import { once } from "node:events";
import { MessageChannel, Worker } from "node:worker_threads";
import { expect } from "../workloads/measure.mjs";
import { serve } from "./driver.mjs";

await serve((variant) => ({
  operate(operation, threadCount) {
    // Word 0 is the lock, word 1 the number: see bare_operations.mjs.
    const memory = new SharedArrayBuffer(8);
    const number = new Int32Array(memory, 4);
    const threads = Array.from({ length: threadCount }, () => start("bare_operations.mjs", { memory, operation }));
    return {
      async run(count) {
        const before = number[0];
        const barrier = new SharedArrayBuffer(4);
        const intervals = await Promise.all(
          threads.map((thread) => ask(thread, { barrier, threads: threads.length, count })),
        );
        expect(number[0] - before, threads.length * count);
        return intervals;
      },
      close: () => Promise.all(threads.map((thread) => thread.terminate())),
    };
  },
  channel(payload) {
    const { port1, port2 } = new MessageChannel();
    const threads = [port1, port2].map((port, i) =>
      start("bare_channel.mjs", { port, payload, puts: i === 0, messagesPerList: Number(variant || 1) }, [port])
    );
    return {
      run: (count) => Promise.all(threads.map((thread) => ask(thread, count))),
      close: () => Promise.all(threads.map((thread) => thread.terminate())),
    };
  },
}));

function start(module, workerData, transferList = []) {
  return new Worker(new URL(`../tasks/${module}`, import.meta.url), { workerData, transferList });
}

async function ask(thread, message) {
  const reply = once(thread, "message");
  thread.postMessage(message);
  const [interval] = await reply;
  return interval;
}
