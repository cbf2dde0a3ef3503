/**
 * A worker thread of this process (`node:worker_threads`).
 *
 * ```
 * send ----- run message -----> serve            values by structured clone, on a port of the worker's own
 *      <---- board, or message  answer           small results through shared memory, see protocol/board.ts
 *      <---- settled            points to the board
 *      <---- (port closes)                       the thread has ended, and all that it sent has arrived
 * ```
 *
 * Why a port of its own: of messages that a thread posted through `parentPort` before it was killed, half are lost, and
 * its `exit` event comes while it still runs, up to 2 ms after a forced stop. The `close` event of a port is the truth
 * about both. (tests/canary/thread_end_test.ts)
 *
 * @module
 */
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { Timer } from "../core/timer.ts";
import { Board, CAPACITY, Word } from "../protocol/board.ts";
import { Brake } from "../protocol/brake.ts";
import { decodeThrown, encodeThrown } from "../protocol/error_record.ts";
import type { HostMessage, Introduction, Phase, Port, WorkerMessage } from "../protocol/messages.ts";
import type { Shares } from "../protocol/shared_value.ts";
import { workerEntry } from "./entry.ts";
import { introduce } from "./introduction.ts";
import type { Batch, Death, Launch, Setup, Transport, TransportEvents } from "./transport.ts";

/** How often, in milliseconds, the board is looked at by itself while calls wait behind one that may run for long. */
const LOOK = 5;
/** How long a worker whose loop still turns gets to end itself before force, in milliseconds. */
const LEAVE = 20;
/** How long a worker may be in the middle of loading something before it is forced all the same, in milliseconds. */
const FRAGILE = 2_000;
/** How long after its `exit` event a thread may still be ending, in milliseconds. Then it is given up as unstoppable. */
const ENDING = 1_000;

/** How long a finalizer may run that has no limit, in milliseconds. */
const FINALIZER = 10_000;

/** Starts worker threads. */
export function launchThread(setup: Setup): Launch {
  return (workerId, events) => new ThreadTransport(workerId, events, setup);
}

const asPort = (port: MessagePort): Port => port as unknown as Port;

class ThreadTransport implements Transport {
  // Half of the board, so that a batch can be on its way while another runs.
  readonly window = CAPACITY / 2;
  readonly #events: TransportEvents;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #board = new Board();
  readonly #brake = new Brake();
  readonly #known = new Set<number>();
  readonly #shared = new Set<number>();
  readonly #patience: number;
  // Calls beyond the head whose answers came by message.
  readonly #delivered = new Set<number>();
  // Calls from head to tail are in flight.
  #head = 0;
  #tail = 0;
  // From the worker's clock to this thread's.
  #clock = 0;
  #look: Timer | undefined;
  #ending: Timer | undefined;
  #closed = false;
  #exitCode: number | undefined;
  // What it died of, as far as it could tell.
  #end: Pick<Death, "reason" | "cause"> | undefined;
  // A cancel was sent and not heard.
  #deaf = false;
  #killed = false;
  #gone = false;

  constructor(workerId: number, events: TransportEvents, setup: Setup) {
    this.#events = events;
    this.#patience = setup.finalizer ? setup.timeout ?? FINALIZER : ENDING;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    // Not `on("message")`: that one looks at every element of what arrives, 3 s for a typed array of 10 MB.
    asPort(port1).onmessage = ({ data }) => this.#receive(data as WorkerMessage);
    port1.on("close", () => {
      this.#closed = true;
      this.#awaitEnd();
    });
    port1.unref();
    const workerData: Introduction = {
      ...introduce(workerId, setup),
      board: this.#board.memory,
      brake: this.#brake.memory,
      port: asPort(port2),
    };
    this.#worker = new Worker(workerEntry("thread"), {
      workerData,
      transferList: [port2],
      name: `isopool-${workerId}`,
      ...environment(setup),
      ...setup.memoryLimit !== undefined && { resourceLimits: heapLimits(setup.memoryLimit) },
    });
    this.#worker.on("error", (cause: unknown) => {
      if (!this.#killed) this.#end ??= { reason: isOutOfMemory(cause) ? "oom" : "uncaught", cause };
    });
    this.#worker.on("exit", (code: number) => {
      this.#exitCode = code;
      this.#awaitEnd();
    });
    this.#worker.unref();
  }

  // A long call pins its place on the board, however many behind it were withdrawn.
  get free(): number {
    return CAPACITY - (this.#tail - this.#head);
  }

  send(batch: Batch): void {
    const { first, taskId, source, items, spread, timed, limited, attempt, stream, shares, transfer } = batch;
    if (!this.#known.has(taskId)) {
      this.#known.add(taskId);
      this.#post({ kind: "task", id: taskId, source });
    }
    if (shares) this.#share(shares);
    const shared = shares !== undefined;
    for (let i = 0; i < items.length; i++) this.#board.enqueue(first + i);
    this.#post({ kind: "run", task: taskId, first, items, spread, timed, limited, attempt, stream, shared }, transfer);
    // A handle that was disposed of meanwhile: nobody tells again that its value can go.
    if (shares) { for (const [id, { disposed }] of shares) if (disposed) this.drop(id); }
    this.#tail = first + items.length;
    // With one call in flight its end is announced at once; the next may wait for a long one.
    if (this.#tail - this.#head > 1) this.#look ??= setTimeout(() => this.#lookAgain(), LOOK);
  }

  withdraw(seq: number): boolean {
    return this.#board.withdraw(seq);
  }

  hasStarted(seq: number): boolean {
    return this.#board.word(seq) !== Word.QUEUED;
  }

  startedAt(seq: number): number | undefined {
    return this.#board.word(seq) === Word.RUNNING ? this.#board.startedAt(seq) + this.#clock : undefined;
  }

  cancel(seq: number, reason: unknown): void {
    this.#deaf = true;
    this.#post({ kind: "cancel", seq, reason: encodeThrown(reason) });
  }

  grant(seq: number, count: number): void {
    this.#post({ kind: "grant", seq, count });
  }

  drop(id: number): void {
    if (this.#shared.delete(id)) this.#post({ kind: "drop", id });
  }

  close(): void {
    this.#leave(this.#patience, true);
  }

  kill(): void {
    // A worker that did not even hear its cancel spins.
    if (!this.#deaf) return this.#leave(LEAVE, false);
    this.#killed = true;
    this.#force(performance.now() + FRAGILE);
  }

  // A worker whose loop turns ends itself, which is always safe; one that turns out to spin is forced.
  #leave(patience: number, finalize: boolean): void {
    this.#killed = true;
    this.#post({ kind: "leave", finalize });
    clearTimeout(this.#ending);
    this.#ending = setTimeout(() => this.#force(performance.now() + FRAGILE), patience);
  }

  #force(deadline: number): void {
    if (this.#exitCode !== undefined) return;
    if (this.#brake.fragile && performance.now() < deadline) {
      clearTimeout(this.#ending);
      this.#ending = setTimeout(() => this.#force(deadline), 1);
      return;
    }
    this.#brake.pull();
    void this.#worker.terminate();
  }

  #share(shares: Shares): void {
    for (const [id, { value }] of shares) {
      if (this.#shared.has(id)) continue;
      this.#post({ kind: "share", id, value });
      this.#shared.add(id);
    }
  }

  #post(message: HostMessage, transfer: Transferable[] = []): void {
    // deno-lint-ignore no-explicit-any -- node's own name for the same list
    this.#port.postMessage(message, transfer as any);
  }

  #receive(message: WorkerMessage): void {
    switch (message.kind) {
      case "ready":
        // Late by the message's way: a start time is never taken for earlier than it was, nor a timeout cut short.
        this.#clock = performance.now() - message.now;
        return this.#events.ready();
      case "initializing":
        return this.#events.initializing();
      case "failed":
        this.#failed(message.phase, decodeThrown(message.thrown));
        return;
      case "heard":
        this.#deaf = false;
        return;
      case "item":
        return this.#events.item(message.seq, message.value);
      case "progress":
        return this.#events.progress(message.seq, message.done, message.total);
      case "result":
        return this.#deliver(message.seq, true, message.value);
      case "error":
        return this.#deliver(message.seq, false, decodeThrown(message.thrown));
      case "settled":
        this.#harvest();
        this.#events.measured(message.count, message.ms, message.ran);
    }
  }

  // Reads the answers on the board, in order, up to the first call that has none.
  #harvest(): void {
    for (; this.#head < this.#tail; this.#head++) {
      const seq = this.#head;
      if (this.#delivered.size > 0 && this.#delivered.delete(seq)) continue;
      const word = this.#board.word(seq);
      if (word === Word.WITHDRAWN) continue;
      if (word < Word.TRUE || word === Word.SENT) return;
      this.#events.settled(seq, true, this.#board.value(seq, word));
    }
  }

  #deliver(seq: number, ok: boolean, value: unknown): void {
    this.#harvest();
    this.#delivered.add(seq);
    this.#events.settled(seq, ok, value);
    this.#harvest();
  }

  #lookAgain(): void {
    this.#look = undefined;
    if (this.#gone) return;
    this.#harvest();
    if (this.#tail - this.#head > 1) this.#look = setTimeout(() => this.#lookAgain(), LOOK);
  }

  #failed(phase: Phase, cause: unknown): void {
    this.#end ??= { reason: phase === "memory" ? "oom" : phase, cause };
    // A worker that has no memory left may not even be able to leave.
    if (phase === "memory") this.kill();
  }

  // Both are needed: the port's end, which is the thread's, and the exit code. One may never come.
  #awaitEnd(): void {
    if (this.#closed && this.#exitCode !== undefined) return this.#exit();
    clearTimeout(this.#ending);
    this.#ending = setTimeout(() => this.#exit(), ENDING);
  }

  #exit(): void {
    if (this.#gone) return;
    this.#gone = true;
    clearTimeout(this.#ending);
    clearTimeout(this.#look);
    this.#harvest();
    this.#port.close();
    const exitCode = this.#exitCode;
    const end = this.#end ?? { reason: this.#killed ? "terminated" : "exit" };
    this.#events.exit({ ...end, ...exitCode !== undefined && { exitCode } });
  }
}

function environment({ env }: Setup): { env?: Record<string, string> } {
  if (env) return { env: { ...env } };
  // Copying this thread's environment would ask for it, on a terminal with a prompt.
  return Deno.permissions.querySync({ name: "env" }).state === "granted" ? {} : { env: {} };
}

function heapLimits(bytes: number): { maxOldGenerationSizeMb: number } {
  return { maxOldGenerationSizeMb: Math.ceil(bytes / 2 ** 20) };
}

function isOutOfMemory(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === "ERR_WORKER_OUT_OF_MEMORY";
}
