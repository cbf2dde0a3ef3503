/**
 * A scoped worker: a Deno Web Worker with permissions of its own. Messages, board and calls are those of a thread; what
 * differs is how it starts and how it ends.
 *
 * ```
 * close, kill -- leave ------> self.close()        a worker whose loop turns ends itself
 *             -- brake, terminate()                wakes a loop; one that never turns may look at the brake
 *   exit <------ (port closes)                     ended
 *   exit, abandoned            (it does not)       given up, and no longer what keeps the script alive
 *   buried <---- (port closes)                     ended after all
 * ```
 *
 * @module
 */
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { Terminal } from "../core/terminal.ts";
import type { Timer } from "../core/timer.ts";
import { KillGuard } from "../protocol/kill_guard.ts";
import { decodeThrown } from "../protocol/error_record.ts";
import type { Phase, Port, WorkerInit, WorkerMessage } from "../protocol/messages.ts";
import { webEntry } from "./entry.ts";
import { closeTimeout, workerInit } from "./worker_init.ts";
import { PortTransport } from "./port_transport.ts";
import type { Death, Launch, Setup, TransportEvents } from "./transport.ts";

/** How long a worker whose loop still turns gets to end itself, in milliseconds. */
const LEAVE = 20;
/** How long a terminated worker may take to end, in milliseconds. One whose loop turns takes less than 20. */
const ENDING = 500;

/** Starts scoped workers. Without the flag `--unstable-worker-options`, starting one ends the process. */
export function launchWeb(setup: Setup): Launch {
  return (workerId, events) => new WebTransport(workerId, events, setup);
}

const asPort = (port: MessagePort): Port => port as unknown as Port;

class WebTransport extends PortTransport {
  readonly #worker: Worker | undefined;
  readonly #port: MessagePort;
  readonly #brake = new KillGuard();
  readonly #closing: number;
  #ending: Timer | undefined;
  // What the worker said of its end, or the runtime of its start.
  #last: Death | undefined;
  #killed = false;
  #served = false;
  #state: "running" | "abandoned" | "gone" = "running";

  constructor(workerId: number, events: TransportEvents, setup: Setup) {
    const { port1, port2 } = new MessageChannel();
    super(asPort(port1), events, { ...setup, memory: undefined });
    this.#closing = closeTimeout(setup);
    this.#port = port1;
    asPort(port1).onmessage = ({ data }) => this.receiveUnchecked(data);
    port1.on("close", () => this.#closed());
    port1.unref();
    try {
      // The runtime's types have `deno` only beside other unstable ones.
      const options: WorkerOptions & { deno: { permissions: Deno.PermissionOptions } } = {
        type: "module",
        name: `isopool-${workerId}`,
        deno: { permissions: setup.permissions ?? "inherit" },
      };
      this.#worker = new Worker(webEntry(setup.modules()), options);
    } catch (cause) {
      // For example if this isolate has given up a permission meanwhile.
      this.#last = { reason: "uncaught", cause };
      queueMicrotask(() => this.#closed());
      return;
    }
    unref(this.#worker);
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#last ??= { reason: "uncaught", cause: event.error ?? new Error(event.message) };
      this.#terminate();
    });
    const introduction: WorkerInit = {
      ...workerInit(workerId, this.owner, setup, this.terminalClient),
      callTable: this.callTable.memory,
      doorbell: this.doorbell.memory,
      killGuard: this.#brake.memory,
      port: asPort(port2),
    };
    this.#worker.postMessage(introduction, [port2 as unknown as Transferable]);
  }

  close(): void {
    this.#leave(this.#closing, true);
  }

  kill(): void {
    // A worker that did not even hear its cancel spins.
    if (!this.cancelPending) return this.#leave(LEAVE, false);
    this.#killed = true;
    this.#terminate();
  }

  #leave(patience: number, finalize: boolean): void {
    this.#killed = true;
    this.post({ kind: "leave", finalize });
    clearTimeout(this.#ending);
    this.#ending = setTimeout(() => this.#terminate(), patience);
  }

  protected failed(phase: Phase, cause: unknown): void {
    if (phase !== "memory") this.#last ??= { reason: phase, cause };
  }

  #terminate(): void {
    if (this.#state !== "running") return;
    this.#brake.requestStop();
    // After the pull: whoever takes the screen from now on sees it.
    Terminal.local().suspectOwner(this.terminalClient.owner);
    this.#worker?.terminate();
    clearTimeout(this.#ending);
    // One that never got so far as to serve has run no code of anybody's, and may not even have its port to close.
    if (!this.#served) return queueMicrotask(() => this.#closed());
    this.#ending = setTimeout(() => this.#abandon(), ENDING);
  }

  protected override receive(message: WorkerMessage): void {
    // What an abandoned worker still answers has been settled already.
    if (this.#state !== "running") return;
    this.#served = true;
    if (message.kind !== "exiting") return super.receive(message);
    const { exitCode, thrown } = message;
    if (this.#last) return;
    this.#last = thrown
      ? { reason: "uncaught", cause: decodeThrown(thrown) }
      : { reason: "exit", ...exitCode !== undefined && { exitCode } };
  }

  #abandon(): void {
    this.#state = "abandoned";
    this.workerGone(false);
    this.events.exit({ reason: "terminated", abandoned: true });
  }

  #closed(): void {
    const before = this.#state;
    if (before === "gone") return;
    this.#state = "gone";
    Terminal.local().ownerEnded(this.terminalClient.owner);
    clearTimeout(this.#ending);
    this.#port.close();
    this.#worker?.terminate();
    if (before === "abandoned") {
      this.releaseOwner();
      return this.events.abandonedExited();
    }
    this.workerGone(true);
    this.events.exit(this.#death());
  }

  #death(): Death {
    const last = this.#last;
    if (last?.reason === "initializer" || last?.reason === "finalizer") return last;
    return this.#killed ? { reason: "terminated" } : last ?? { reason: "exit" };
  }
}

/**
 * Lets the script end while the worker runs. The runtime has a method for it, under the only symbol of the prototype
 * that has no description. Where it is missing, a script ends when its pools are closed, and no thread is abandoned.
 * (tests/canary/web_worker_test.ts)
 */
function unref(worker: Worker): void {
  const nameless = Object.getOwnPropertySymbols(Worker.prototype).filter((symbol) => !symbol.description);
  const methods = worker as unknown as Record<symbol, unknown>;
  const [symbol] = nameless;
  if (nameless.length === 1 && typeof methods[symbol] === "function") methods[symbol](false);
}
