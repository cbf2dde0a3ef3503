/**
 * Bare worker threads for the canaries, without any code of the library.
 *
 * @module
 */
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";

const PRELUDE = `
import { workerData, parentPort } from "node:worker_threads";
import { setImmediate } from "node:timers";
const { port, words, args } = workerData;
const hold = () => new Promise((held) =>
  navigator.locks.request(crypto.randomUUID(), { mode: "shared" }, () => (held(), new Promise(() => {}))));
`;

/** Indices into the shared memory of a canary and its thread. */
export const READY = 0, COUNT = 1, THREAD = 2;

/** A bare thread. */
export interface Bare {
  worker: Worker;
  port: MessagePort;
  words: Int32Array<SharedArrayBuffer>;
  /**
   * Resolves 20 ms after the `exit` event and the port's `close`, with the number of messages that had arrived by each, and
   * in total.
   */
  ended: Promise<{ atExit: number; atClose: number; total: number; code: number }>;
}

/** Starts a thread that runs `body`; `port`, `words`, `args` and `hold()` (takes a Web Lock) are in scope. */
export function startBare(body: string, args: unknown = null): Bare {
  const words = new Int32Array(new SharedArrayBuffer(64));
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(PRELUDE + body)}`), {
    workerData: { port: port2, words, args },
    transferList: [port2],
  });
  worker.on("error", () => {});
  const { promise: ended, resolve } = Promise.withResolvers<Awaited<Bare["ended"]>>();
  let received = 0;
  let atExit: number | undefined;
  let atClose: number | undefined;
  let code = 0;
  const settle = () => {
    if (atExit === undefined || atClose === undefined) return;
    const [exit, close] = [atExit, atClose];
    // A late message would arrive in the next turns of the event loop.
    setTimeout(() => {
      port1.close();
      resolve({ atExit: exit, atClose: close, total: received, code });
    }, 20);
  };
  port1.on("message", () => received++);
  port1.on("close", () => (atClose = received, settle()));
  worker.on("exit", (exitCode: number) => (atExit = received, code = exitCode, settle()));
  return { worker, port: port1, words, ended };
}

/** The message of a failing canary: the fact that changed, and the files that rely on it. */
export function revisit(fact: string, ...files: string[]): string {
  return `Deno ${Deno.version.deno} behaves differently: "${fact}" no longer holds. Revisit ${files.join(", ")}`;
}
