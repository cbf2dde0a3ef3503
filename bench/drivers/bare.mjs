/**
 * Contestants written by hand for the bare runtime: threads with one message a call, or with a hundred calls a message; a
 * Web Worker; shared memory without any message. They handle no errors, have no limits, and keep only the order that a port
 * keeps.
 *
 * @module
 */
import { MessageChannel, Worker } from "node:worker_threads";
import { serve } from "./driver.mjs";

const CALLS_A_MESSAGE = 100;
const ITEMS_A_MESSAGE = 5_000;
const MESSAGES_AHEAD = 2;

/** @type {Record<string, import("../workloads/adapter.mjs").Adapter>} */
const VARIANTS = {
  /** One message a call. */
  single: {
    open(workers, task) {
      const threads = openThreads(workers, task);
      let turn = 0;
      return {
        run: (arg) => threads[turn++ % workers].ask(arg),
        move: (bytes) => threads[turn++ % workers].ask(bytes, [bytes.buffer]),
        bounce: (bytes) => threads[turn++ % workers].ask(bytes, [bytes.buffer]),
        stream: (length) => stream(length, 1),
        map: (items) => Promise.all(items.map((item) => threads[turn++ % workers].ask(item))),
        stoppable(arg) {
          const thread = openThread(task);
          thread.ask(arg);
          return { stop: () => thread.close() };
        },
        close: () => Promise.all(threads.map((thread) => thread.close())),
      };
    },
    limit: handLoop,
  },

  /** All calls of one turn, and all items of a map, in lists. */
  chunked: {
    open(workers, task) {
      const threads = openThreads(workers, task);
      return {
        run: gather((calls, turn) => threads[turn % workers].ask(calls)),
        map: (items, size = ITEMS_A_MESSAGE) => mapChunked(threads, items, size),
        stream: (length) => stream(length, ITEMS_A_MESSAGE),
        close: () => Promise.all(threads.map((thread) => thread.close())),
      };
    },
  },

  /** Web Workers, which start faster than threads. */
  web: {
    open(workers, task) {
      const webs = Array.from({ length: workers }, () => openWeb(task));
      let turn = 0;
      return {
        run: (arg) => webs[turn++ % workers].ask(arg),
        move: (bytes) => webs[turn++ % workers].ask(bytes, [bytes.buffer]),
        close: () => webs.forEach((web) => web.close()),
      };
    },
  },

  /** A worker blocked in Atomics.wait, a caller in Atomics.waitAsync: one call at a time. */
  shared: {
    open() {
      const memory = new SharedArrayBuffer(8);
      const words = new Int32Array(memory);
      const worker = new Worker(new URL("../tasks/bare_shared.mjs", import.meta.url), { workerData: memory });
      let turn = 0;
      return {
        async run(n) {
          words[1] = n;
          Atomics.store(words, 0, turn + 1);
          Atomics.notify(words, 0);
          // Waits again if a late notification of the call before has ended the wait.
          while (Atomics.load(words, 0) === turn + 1) await Atomics.waitAsync(words, 0, turn + 1).value;
          turn += 2;
          return words[1];
        },
        close: () => worker.terminate(),
      };
    },
  },
};

await serve((variant) => VARIANTS[variant]);

function openThreads(workers, task) {
  return Array.from({ length: workers }, () => openThread(task));
}

function openThread(task) {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(new URL("../tasks/bare_thread.mjs", import.meta.url), {
    workerData: { port: port2, task },
    transferList: [port2],
  });
  const ended = new Promise((resolve) => port1.on("close", resolve));
  const ask = asker((listener) => port1.onmessage = listener, (data, move) => port1.postMessage(data, move));
  return { ask, close: () => (worker.terminate(), ended) };
}

function openWeb(task) {
  const worker = new globalThis.Worker(new URL(`../tasks/bare_web.mjs?task=${task}`, import.meta.url), {
    type: "module",
  });
  const ask = asker((listener) => worker.onmessage = listener, (data, move) => worker.postMessage(data, move));
  return { ask, close: () => worker.terminate() };
}

/** Sends requests and matches the replies, which arrive in the order of the requests. */
function asker(listen, post) {
  let waiting = [];
  let next = 0;
  listen(({ data }) => {
    waiting[next++](data);
    if (next === waiting.length) waiting = [], next = 0;
  });
  return (data, move = []) =>
    new Promise((resolve) => {
      waiting.push(resolve);
      post(data, move);
    });
}

/** Sends the calls of one turn of the event loop together. */
function gather(send) {
  let args = [];
  let resolvers = [];
  let turn = 0;
  const flush = async () => {
    if (args.length === 0) return;
    const [sent, waiting] = [args, resolvers];
    args = [];
    resolvers = [];
    const results = await send(sent, turn++);
    for (let i = 0; i < results.length; i++) waiting[i](results[i]);
  };
  return (arg) =>
    new Promise((resolve) => {
      if (args.push(arg) === 1) queueMicrotask(flush);
      resolvers.push(resolve);
      if (args.length === CALLS_A_MESSAGE) flush();
    });
}

async function mapChunked(threads, items, size) {
  const results = new Array(items.length);
  let next = 0;
  const runChunks = async (thread) => {
    while (next < items.length) {
      const from = next;
      next += size;
      const part = await thread.ask(items.slice(from, next));
      for (let i = 0; i < part.length; i++) results[from + i] = part[i];
    }
  };
  await Promise.all(threads.flatMap((thread) => Array.from({ length: MESSAGES_AHEAD }, () => runChunks(thread))));
  return results;
}

/** Yields the items of a generator in a thread, `itemsAMessage` in each message, without backpressure. */
async function* stream(length, itemsAMessage) {
  const worker = new Worker(new URL("../tasks/bare_stream.mjs", import.meta.url), {
    workerData: { length, itemsAMessage },
  });
  let arrived = [];
  let wake = () => {};
  worker.on("message", (items) => (arrived.push(items), wake()));
  for (let left = length; left > 0;) {
    if (arrived.length === 0) await new Promise((resolve) => wake = resolve);
    const lists = arrived;
    arrived = [];
    for (const items of lists) {
      left -= items.length;
      yield* items;
    }
  }
  await worker.terminate();
}

async function handLoop(items, fn, limit) {
  const results = new Array(items.length);
  let next = 0;
  const runItems = async () => {
    for (let i; (i = next++) < items.length;) results[i] = await fn(items[i]);
  };
  await Promise.all(Array.from({ length: limit }, runItems));
  return results;
}
