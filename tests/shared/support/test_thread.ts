/**
 * Threads for the tests of shared memory, and the part of their host: registering them, and reporting their deaths.
 *
 * @module
 */
import { type MessagePort as NodePort, Worker as NodeWorker } from "node:worker_threads";
import { OwnerTable } from "../../../lib/shared/owner_table.ts";
import { decode, encode } from "../../../lib/shared/revive.ts";
import type { Act } from "./acts.ts";

const ENTRY = new URL("thread.ts", import.meta.url);

/** A test thread, which runs acts. */
export class TestThread implements AsyncDisposable {
  /** Its id in the table of owners. */
  readonly id: number;
  /** Settles once the thread has ended and its end is reported. */
  readonly ended: Promise<void>;
  readonly #port: MessagePort;
  readonly #terminate: () => unknown;
  #waiting = Promise.withResolvers<unknown>();

  private constructor(id: number, port: MessagePort, terminate: () => unknown) {
    this.id = id;
    this.#port = port;
    this.#terminate = terminate;
    port.onmessage = ({ data }) => {
      if (data === "ready") this.#waiting.resolve(undefined);
      else if (data.ok) this.#waiting.resolve(decode(data.value));
      else this.#waiting.reject(data.error);
    };
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    (port as unknown as NodePort).on("close", () => {
      OwnerTable.local().died(id);
      this.#waiting.promise.catch(() => {});
      this.#waiting.reject(new Error("the thread has ended"));
      resolve();
    });
  }

  /** Starts a thread. A pool registers its threads; with `registered` false, it is like a worker that the user starts. */
  static async start(engine: "thread" | "web" = "thread", registered = true): Promise<TestThread> {
    const owners = OwnerTable.local();
    const id = registered ? owners.register() : -1;
    const { port1, port2 } = new MessageChannel();
    const init = { port: port2, owners: registered ? { memory: owners.memory, id } : undefined };
    let terminate: () => unknown;
    if (engine === "thread") {
      // deno-lint-ignore no-explicit-any -- node's own name for the same port
      const worker = new NodeWorker(ENTRY, { workerData: init, transferList: [port2 as any] });
      // Some of these threads end by an error on purpose.
      worker.on("error", () => {});
      terminate = () => worker.terminate();
    } else {
      const worker = new Worker(ENTRY, { type: "module" });
      worker.addEventListener("error", (event) => event.preventDefault());
      worker.postMessage(init, [port2]);
      terminate = () => worker.terminate();
    }
    const thread = new TestThread(id, port1, terminate);
    await thread.#waiting.promise;
    return thread;
  }

  /** Starts several. */
  static async several(count: number, engine: "thread" | "web" = "thread"): Promise<TestThreads> {
    return new TestThreads(await Promise.all(Array.from({ length: count }, () => TestThread.start(engine))));
  }

  /** Runs an act; settles as it does, or rejects if the thread ends first. */
  run(act: Act, ...args: unknown[]): Promise<unknown> {
    this.#waiting = Promise.withResolvers();
    this.#port.postMessage({ act, args: encode(args) });
    return this.#waiting.promise;
  }

  /** Terminates the thread, and reports it as lost if it does not end, as a Web Worker that sleeps in `Atomics.wait`. */
  async kill(): Promise<void> {
    await this.#terminate();
    const late = setTimeout(() => OwnerTable.local().lost(this.id), 200);
    await this.ended;
    clearTimeout(late);
  }

  /** Terminates the thread without waiting for its end, which a Web Worker may never reach. */
  terminate(): void {
    this.#terminate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#terminate();
    this.#port.close();
    await this.ended;
  }
}

/** Several threads. */
export class TestThreads implements AsyncDisposable {
  constructor(readonly all: readonly TestThread[]) {}

  /** Runs the same act in each. */
  run(act: Act, ...args: unknown[]): Promise<unknown[]> {
    return Promise.all(this.all.map((thread) => thread.run(act, ...args)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map((thread) => thread[Symbol.asyncDispose]()));
  }
}
