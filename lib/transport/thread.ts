/**
 * A transport to a worker thread of this process (`node:worker_threads`): how it starts and how it ends.
 *
 * ```
 * close, kill -- leave ------> Deno.exit()       a worker whose event loop turns ends itself
 *             -- terminate()                     forced, once the kill guard allows it
 *   exit <------ (port closes, `exit` event)     the thread has ended, and all that it sent has arrived
 * ```
 *
 * Calls travel through a port of the worker's own. Of the messages that a thread posts through `parentPort` before it
 * is killed, half are lost, and its `exit` event comes while it still runs, up to 2 ms after a forced stop. The `close`
 * event of a port comes after the last message and after the end of the thread. (tests/canary/thread_end_test.ts)
 *
 * @module
 */
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { performance } from "../core/platform.ts";
import { Terminal } from "../core/terminal.ts";
import { clearTimeout, setTimeout, type Timer } from "../core/timer.ts";
import type { Phase, Port } from "../protocol/messages.ts";
import type { WorkerInit } from "../protocol/worker_init.ts";
import { EndLimit } from "./end_limit.ts";
import { checkWorkerCode, threadEntry } from "./entry.ts";
import { closeTimeout, makeWorkerInit } from "./make_worker_init.ts";
import { PortTransport } from "./port_transport.ts";
import { environment, heapLimits, isOutOfMemory } from "./thread_options.ts";
import type { Death, Launch, Setup, TransportEvents } from "./transport.ts";

/** Milliseconds that a worker whose event loop turns has to end itself before it is forced. */
const LEAVE_GRACE = 20;
/** Milliseconds that the host waits for the kill guard before it forces the worker nevertheless. */
const PROTECTED_LIMIT = 2_000;
/** Milliseconds between the port's `close` and the thread's `exit` ({@linkcode EndLimit}). */
const EXIT_LIMIT = 1_000;

/** Starts worker threads. */
export function launchThread(setup: Setup): Launch {
  checkWorkerCode();
  return (workerId, events) => new ThreadTransport(workerId, events, setup);
}

const asPort = (port: MessagePort): Port => port as unknown as Port;

class ThreadTransport extends PortTransport {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #closeTimeout: number;
  readonly #memoryLimit: number | undefined;
  #endTimer: Timer | undefined;
  readonly #endLimit = new EndLimit(EXIT_LIMIT, () => this.#end());
  #portClosed = false;
  #portUnreadable = false;
  #exitCode: number | undefined;
  // The cause of death, if the worker or the runtime has reported one.
  #deathCause: Pick<Death, "reason" | "cause"> | undefined;
  #endRequested = false;
  #exitReported = false;
  #isAbandoned = false;

  constructor(workerId: number, events: TransportEvents, setup: Setup) {
    const { port1, port2 } = new MessageChannel();
    super(asPort(port1), events, { ...setup, memory: setup.memoryLimit });
    this.#closeTimeout = closeTimeout(setup);
    this.#memoryLimit = setup.memoryLimit;
    this.#port = port1;
    // Not `on("message")`: node visits every element of a message, which takes 3 s for a typed array of 10 MB.
    asPort(port1).onmessage = ({ data }) => this.receiveUnchecked(data);
    asPort(port1).onmessageerror = ({ data }) => this.#unreadable(data);
    port1.on("close", () => {
      this.#portClosed = true;
      this.#awaitEnd();
    });
    port1.unref();
    const workerData: WorkerInit = {
      ...makeWorkerInit(workerId, this.owner, setup, this.terminalClient),
      callTable: this.callTable.memory,
      doorbell: this.doorbell.memory,
      killGuard: this.killGuard.memory,
      port: asPort(port2),
    };
    try {
      this.#worker = new Worker(threadEntry(), {
        workerData,
        transferList: [port2],
        name: `isopool-${workerId}`,
        ...environment(setup),
        ...heapLimits(setup),
      });
    } catch (error) {
      this.#exitReported = true;
      this.notStarted(port1, port2);
      throw error;
    }
    this.#worker.on("error", (cause: unknown) => {
      if (!this.#endRequested) this.#deathCause ??= { reason: isOutOfMemory(cause) ? "oom" : "uncaught", cause };
    });
    this.#worker.on("exit", (code: number) => {
      this.#exitCode = code;
      this.#awaitEnd();
    });
    this.#worker.unref();
  }

  close(): void {
    this.#leave(this.#closeTimeout, true);
  }

  kill(): void {
    // A worker that has not confirmed a cancel does not turn its event loop, so it would not read `leave` either.
    if (!this.cancelPending) return this.#leave(LEAVE_GRACE, false);
    this.#endRequested = true;
    this.#force(performance.now() + PROTECTED_LIMIT);
  }

  protected failed(phase: Phase, cause: unknown): void {
    this.#deathCause ??= { reason: phase === "memory" ? "oom" : phase, cause };
    // A worker without memory may be unable to end itself.
    if (phase === "memory") this.kill();
  }

  // Asks the worker to end itself, which is always safe while its event loop turns, and forces it after `grace` ms.
  #leave(grace: number, finalize: boolean): void {
    this.#endRequested = true;
    this.#endLimit.endRequested();
    this.post({ kind: "leave", finalize });
    clearTimeout(this.#endTimer);
    this.#endTimer = setTimeout(() => this.#force(performance.now() + PROTECTED_LIMIT), grace);
  }

  #force(deadline: number): void {
    if (this.#exitCode !== undefined) return;
    if (this.killGuard.isProtected && performance.now() < deadline) {
      clearTimeout(this.#endTimer);
      this.#endTimer = setTimeout(() => this.#force(deadline), 1);
      return;
    }
    this.killGuard.requestStop();
    // After the request: if the worker takes the terminal lock from now on, it sees the request and does not print.
    Terminal.local().suspectOwner(this.terminalClient.owner);
    void this.#worker.terminate();
  }

  // A value that is nested thousands deep can be sent but not read, and the port receives nothing after that.
  #unreadable(cause: unknown): void {
    this.#portUnreadable = true;
    this.#deathCause ??= { reason: "uncaught", cause };
    this.#force(performance.now() + PROTECTED_LIMIT);
  }

  // Waits for the `close` of the port and for the exit code. One of them may never come.
  #awaitEnd(): void {
    if (this.#exitReported) return this.#isAbandoned && this.#hasEnded ? this.#abandonedEnd() : undefined;
    if (this.#hasEnded) return this.#end();
    clearTimeout(this.#endTimer);
    this.#endLimit.start();
  }

  #end(): void {
    if (this.#exitReported) return;
    this.#exitReported = true;
    // An unreadable port never closes. EXIT_LIMIT after its `exit` event, the thread has ended.
    if (this.#portUnreadable && this.#exitCode !== undefined) this.#portClosed = true;
    Terminal.local().ownerEnded(this.terminalClient.owner);
    clearTimeout(this.#endTimer);
    this.#endLimit.stop(this.#hasEnded);
    // A task may have closed the worker's end of the port while its thread runs on. Forcing it can emit `exit` at once.
    this.#force(performance.now() + PROTECTED_LIMIT);
    // Only the port's end shows when an abandoned thread has ended.
    this.#isAbandoned = !this.#hasEnded;
    this.disconnect(!this.#isAbandoned);
    if (!this.#isAbandoned) this.#port.close();
    const exitCode = this.#exitCode;
    const death = this.#deathCause ?? { reason: this.#endRequested ? "terminated" : "exit" };
    const abandoned = this.#isAbandoned;
    const limit = death.reason === "oom" && { limit: this.#memoryLimit };
    this.events.exit({ ...death, ...limit, ...exitCode !== undefined && { exitCode }, ...abandoned && { abandoned } });
  }

  // Whether no code of the thread can run any more. A thread may still run after its `exit` event.
  get #hasEnded(): boolean {
    return this.#portClosed && this.#exitCode !== undefined;
  }

  #abandonedEnd(): void {
    this.#isAbandoned = false;
    this.releaseOwner();
    this.#port.close();
    this.events.abandonedExited();
  }
}
