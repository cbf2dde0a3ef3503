/**
 * A worker thread of this process (`node:worker_threads`).
 *
 * ```
 * send ----- run message -----> serve            values by structured clone, on a port of the worker's own
 *      <---- board, or message  answer           small results through shared memory, see protocol/call_table.ts
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
import { Terminal } from "../core/terminal.ts";
import type { Timer } from "../core/timer.ts";
import { KillGuard } from "../protocol/kill_guard.ts";
import type { Phase, Port, WorkerInit } from "../protocol/messages.ts";
import { threadEntry } from "./entry.ts";
import { closeTimeout, workerInit } from "./worker_init.ts";
import { PortTransport } from "./port_transport.ts";
import { environment, heapLimits, isOutOfMemory } from "./thread_options.ts";
import type { Death, Launch, Setup, TransportEvents } from "./transport.ts";

/** How long a worker whose loop still turns gets to end itself before force, in milliseconds. */
const LEAVE_GRACE = 20;
/** How long a worker may be in the middle of loading something before it is forced all the same, in milliseconds. */
const PROTECTED_LIMIT = 2_000;
/** How long after its `exit` event a thread may still be ending, in milliseconds. Then it is given up as unstoppable. */
const EXIT_LIMIT = 1_000;

/** Starts worker threads. */
export function launchThread(setup: Setup): Launch {
  return (workerId, events) => new ThreadTransport(workerId, events, setup);
}

const asPort = (port: MessagePort): Port => port as unknown as Port;

class ThreadTransport extends PortTransport {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #killGuard = new KillGuard();
  readonly #closing: number;
  #ending: Timer | undefined;
  #closed = false;
  #exitCode: number | undefined;
  // What it died of, as far as it could tell.
  #last: Pick<Death, "reason" | "cause"> | undefined;
  #killed = false;
  #gone = false;

  constructor(workerId: number, events: TransportEvents, setup: Setup) {
    const { port1, port2 } = new MessageChannel();
    super(asPort(port1), events, { ...setup, memory: setup.memoryLimit });
    this.#closing = closeTimeout(setup);
    this.#port = port1;
    // Not `on("message")`: that one looks at every element of what arrives, 3 s for a typed array of 10 MB.
    asPort(port1).onmessage = ({ data }) => this.receiveUnchecked(data);
    asPort(port1).onmessageerror = ({ data }) => this.#unreadable(data);
    port1.on("close", () => {
      this.#closed = true;
      this.#awaitEnd();
    });
    port1.unref();
    const workerData: WorkerInit = {
      ...workerInit(workerId, this.owner, setup, this.terminalClient),
      callTable: this.callTable.memory,
      doorbell: this.doorbell.memory,
      killGuard: this.#killGuard.memory,
      port: asPort(port2),
    };
    this.#worker = new Worker(threadEntry(), {
      workerData,
      transferList: [port2],
      name: `isopool-${workerId}`,
      ...environment(setup),
      ...heapLimits(setup),
    });
    this.#worker.on("error", (cause: unknown) => {
      if (!this.#killed) this.#last ??= { reason: isOutOfMemory(cause) ? "oom" : "uncaught", cause };
    });
    this.#worker.on("exit", (code: number) => {
      this.#exitCode = code;
      if (this.#gone) this.releaseOwner();
      this.#awaitEnd();
    });
    this.#worker.unref();
  }

  close(): void {
    this.#leave(this.#closing, true);
  }

  kill(): void {
    // A worker that did not even hear its cancel spins.
    if (!this.cancelPending) return this.#leave(LEAVE_GRACE, false);
    this.#killed = true;
    this.#force(performance.now() + PROTECTED_LIMIT);
  }

  protected failed(phase: Phase, cause: unknown): void {
    this.#last ??= { reason: phase === "memory" ? "oom" : phase, cause };
    // A worker that has no memory left may not even be able to leave.
    if (phase === "memory") this.kill();
  }

  // A worker whose loop turns ends itself, which is always safe; one that turns out to spin is forced.
  #leave(patience: number, finalize: boolean): void {
    this.#killed = true;
    this.post({ kind: "leave", finalize });
    clearTimeout(this.#ending);
    this.#ending = setTimeout(() => this.#force(performance.now() + PROTECTED_LIMIT), patience);
  }

  #force(deadline: number): void {
    if (this.#exitCode !== undefined) return;
    if (this.#killGuard.isProtected && performance.now() < deadline) {
      clearTimeout(this.#ending);
      this.#ending = setTimeout(() => this.#force(deadline), 1);
      return;
    }
    this.#killGuard.requestStop();
    // After the pull: whoever takes the screen from now on sees it.
    Terminal.local().suspectOwner(this.terminalClient.owner);
    void this.#worker.terminate();
  }

  // A value nested thousands deep can be sent and not be read, and the port is dead after that.
  #unreadable(cause: unknown): void {
    this.#last ??= { reason: "uncaught", cause };
    this.#force(performance.now() + PROTECTED_LIMIT);
  }

  // Both are needed: the port's end, which is the thread's, and the exit code. One may never come.
  #awaitEnd(): void {
    if (this.#gone) return;
    if (this.#closed && this.#exitCode !== undefined) return this.#end();
    clearTimeout(this.#ending);
    this.#ending = setTimeout(() => this.#end(), EXIT_LIMIT);
  }

  #end(): void {
    if (this.#gone) return;
    this.#gone = true;
    Terminal.local().ownerEnded(this.terminalClient.owner);
    clearTimeout(this.#ending);
    this.workerGone(this.#closed && this.#exitCode !== undefined);
    this.#port.close();
    // A task may have closed the worker's end of the port, and its thread may run on.
    this.#force(performance.now() + PROTECTED_LIMIT);
    const exitCode = this.#exitCode;
    const death = this.#last ?? { reason: this.#killed ? "terminated" : "exit" };
    this.events.exit({ ...death, ...exitCode !== undefined && { exitCode } });
  }
}
