/**
 * A transport to a scoped worker, a Deno Web Worker with permissions of its own: how it starts and how it ends.
 * Messages and calls are those of a thread (port_transport.ts).
 *
 * ```
 * close, kill -- leave ------> self.close()        a worker whose event loop is not blocked ends itself
 *             -- stop request, terminate()         wakes a sleeping loop; a wrapped function may end a spinning task
 *   exit <------------- (port closes)              the worker has ended
 *   exit, abandoned     (it does not)              the host gives up; the worker no longer keeps the script alive
 *   abandonedExited <-- (port closes)              the abandoned worker has ended
 * ```
 *
 * @module
 */
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { Worker } from "../core/platform.ts";
import { Terminal } from "../core/terminal.ts";
import { clearTimeout, queueMicrotask, setTimeout, type Timer } from "../core/timer.ts";
import { decodeThrown } from "../protocol/error_decoder.ts";
import type { Phase, Port, WorkerMessage } from "../protocol/messages.ts";
import type { WorkerInit } from "../protocol/worker_init.ts";
import { EndLimit } from "./end_limit.ts";
import { checkWorkerCode, webEntry } from "./entry.ts";
import { closeTimeout, makeWorkerInit } from "./make_worker_init.ts";
import { PortTransport } from "./port_transport.ts";
import type { Death, Launch, Setup, TransportEvents } from "./transport.ts";

/** Milliseconds that a worker has to end itself before it is terminated; one whose event loop is blocked never does. */
const LEAVE_GRACE = 20;
/** Milliseconds that a terminated worker has to end ({@linkcode EndLimit}). One whose loop is not blocked takes under 20. */
const EXIT_LIMIT = 500;

/** Starts scoped workers. Without the flag `--unstable-worker-options`, starting the first ends the process. */
export function launchWeb(setup: Setup): Launch {
  checkWorkerCode();
  return (workerId, events) => new WebTransport(workerId, events, setup);
}

const asPort = (port: MessagePort): Port => port as unknown as Port;

class WebTransport extends PortTransport {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #closeTimeout: number;
  #endTimer: Timer | undefined;
  readonly #endLimit = new EndLimit(EXIT_LIMIT, () => this.#abandon());
  // The death that the worker itself or the runtime has reported.
  #reportedDeath: Death | undefined;
  #endRequested = false;
  #hasSent = false;
  #state: "running" | "abandoned" | "ended" = "running";

  constructor(workerId: number, events: TransportEvents, setup: Setup) {
    const { port1, port2 } = new MessageChannel();
    // A scoped worker has no memory limit, so it cannot report that it has reached one.
    super(asPort(port1), events, { ...setup, memory: undefined });
    this.#closeTimeout = closeTimeout(setup);
    this.#port = port1;
    asPort(port1).onmessage = ({ data }) => this.receiveUnchecked(data);
    port1.on("close", () => this.#end());
    port1.unref();
    try {
      // The runtime's types contain `deno` only together with other unstable ones.
      const options: WorkerOptions & { deno: { permissions: Deno.PermissionOptions } } = {
        type: "module",
        name: `isopool-${workerId}`,
        deno: { permissions: setup.permissions ?? "inherit" },
      };
      this.#worker = new Worker(webEntry(setup.modules()), options);
    } catch (error) {
      // For example, this isolate has revoked a permission since the pool was created.
      this.#state = "ended";
      this.notStarted(port1, port2);
      throw error;
    }
    unref(this.#worker);
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#reportedDeath ??= { reason: "uncaught", cause: event.error ?? new Error(event.message) };
      this.#terminate();
    });
    const init: WorkerInit = {
      ...makeWorkerInit(workerId, this.owner, setup, this.terminalClient),
      callTable: this.callTable.memory,
      doorbell: this.doorbell.memory,
      killGuard: this.killGuard.memory,
      port: asPort(port2),
    };
    this.#worker.postMessage(init, [port2 as unknown as Transferable]);
  }

  close(): void {
    this.#leave(this.#closeTimeout, true);
  }

  kill(): void {
    // A worker that has not confirmed a cancel blocks its event loop, so it would not read `leave` either.
    if (!this.cancelPending) return this.#leave(LEAVE_GRACE, false);
    this.#endRequested = true;
    this.#terminate();
  }

  #leave(grace: number, finalize: boolean): void {
    this.#endRequested = true;
    this.#endLimit.endRequested();
    this.post({ kind: "leave", finalize });
    clearTimeout(this.#endTimer);
    this.#endTimer = setTimeout(() => this.#terminate(), grace);
  }

  protected failed(phase: Phase, cause: unknown): void {
    if (phase !== "memory") this.#reportedDeath ??= { reason: phase, cause };
  }

  #terminate(): void {
    if (this.#state !== "running") return;
    this.killGuard.requestStop();
    // After the request: if the worker takes the terminal lock from now on, it sees the request and does not print.
    Terminal.local().suspectOwner(this.terminalClient.owner);
    this.#worker.terminate();
    clearTimeout(this.#endTimer);
    // A worker that has sent nothing has run no user code, and may not have received the port that it would close.
    if (!this.#hasSent) return queueMicrotask(() => this.#end());
    this.#endLimit.start();
  }

  protected override receive(message: WorkerMessage): void {
    // The calls of an abandoned worker are settled already.
    if (this.#state !== "running") return;
    this.#hasSent = true;
    if (message.kind !== "exiting") return super.receive(message);
    const { exitCode, thrown } = message;
    if (this.#reportedDeath) return;
    this.#reportedDeath = thrown
      ? { reason: "uncaught", cause: decodeThrown(thrown) }
      : { reason: "exit", ...exitCode !== undefined && { exitCode } };
  }

  #abandon(): void {
    this.#state = "abandoned";
    this.disconnect(false);
    this.events.exit({ reason: "terminated", abandoned: true });
  }

  #end(): void {
    const before = this.#state;
    if (before === "ended") return;
    this.#state = "ended";
    Terminal.local().ownerEnded(this.terminalClient.owner);
    clearTimeout(this.#endTimer);
    this.#endLimit.stop(true);
    this.#port.close();
    this.#worker.terminate();
    if (before === "abandoned") {
      this.releaseOwner();
      return this.events.abandonedExited();
    }
    this.disconnect(true);
    this.events.exit(this.#death());
  }

  #death(): Death {
    const reported = this.#reportedDeath;
    if (reported?.reason === "initializer" || reported?.reason === "finalizer") return reported;
    return this.#endRequested ? { reason: "terminated" } : reported ?? { reason: "exit" };
  }
}

/**
 * Lets the script end while the worker runs. The runtime has a method for that, under the only symbol of the prototype
 * without a description. If it is missing, a script ends only when its pools are closed and no
 * worker is abandoned.
 * (tests/canary/web_worker_test.ts)
 */
function unref(worker: Worker): void {
  const nameless = Object.getOwnPropertySymbols(Worker.prototype).filter((symbol) => !symbol.description);
  const methods = worker as unknown as Record<symbol, unknown>;
  const [symbol] = nameless;
  if (nameless.length === 1 && typeof methods[symbol] === "function") methods[symbol](false);
}
