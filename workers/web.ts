/**
 * A scoped worker (a Deno Web Worker), from its first moment.
 *
 * The runtime tells nobody how such a worker ends: so it says so itself, on its port, just before.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import { Script } from "node:vm";
import { TaskTimeoutError } from "../lib/core/errors.ts";
import { scope } from "../lib/core/isolate_state.ts";
import { Terminal } from "../lib/core/terminal.ts";
import { Doorbell } from "../lib/protocol/doorbell.ts";
import { CallTable } from "../lib/protocol/call_table.ts";
import { KillGuard } from "../lib/protocol/kill_guard.ts";
import { encodeThrown } from "../lib/protocol/error_record.ts";
import type { Importer } from "../lib/protocol/load_task.ts";
import type { HostMessage, WorkerMessage } from "../lib/protocol/messages.ts";
import type { WorkerInit } from "../lib/protocol/worker_init.ts";
import { OwnerTable } from "../lib/shared/owner_table.ts";
import { bufferWasm } from "./buffered_wasm.ts";
import { preload } from "./preload.ts";
import { wrapBuiltins, wrapGlobals } from "./stop_retry.ts";
import { serve } from "./serve.ts";

/** The global scope of a web worker; its own types are those of another library than this file is checked with. */
interface WorkerScope extends EventTarget {
  close(): void;
}

const worker = globalThis as unknown as WorkerScope;

// The one thing that ends a web worker for certain, whatever loop and whatever `finally` it is called from. Kept, because
// tasks may replace it.
const exit: () => never = Deno.exit.bind(Deno, 0);

/** Starts serving once the host has introduced itself. Called by the generated entry, which hands over its `import()`. */
export function boot(load: Importer): void {
  bufferWasm();
  worker.addEventListener("message", (event) => start((event as MessageEvent).data, load), { once: true });
}

function start(introduction: WorkerInit, load: Importer): void {
  const { port } = introduction;
  const post = (message: WorkerMessage, transfer?: Transferable[]) => port.postMessage(message, transfer);
  const brake = new KillGuard(introduction.killGuard);
  scope.terminal = introduction.terminal;
  scope.checkpoint = () => {
    if (brake.stopRequested) exit();
  };
  wrapGlobals(brake, exit, Terminal.local());
  reportEnd(post);
  const receive = serve({
    init: introduction,
    callTable: new CallTable(introduction.callTable),
    doorbell: new Doorbell(introduction.doorbell),
    post,
    turn: (run) => setImmediate(run),
    load,
    limit,
    prepare: () => {
      wrapBuiltins(brake, exit);
      return preload();
    },
    loadSharedTypes: () => import("../lib/manager/kinds.ts"),
    leave: () => worker.close(),
  });
  port.onmessage = ({ data }) => receive(data as HostMessage);
}

function reportEnd(post: (message: WorkerMessage) => void): void {
  worker.addEventListener("unload", () => post({ kind: "exiting", exitCode: Deno.exitCode }));
  const die = (event: Event, error: unknown) => {
    // Else the runtime would print it, and end this worker with an event that has lost the error.
    event.preventDefault();
    post({ kind: "exiting", thrown: encodeThrown(error) });
    worker.close();
  };
  worker.addEventListener("error", (event) => die(event, (event as ErrorEvent).error));
  worker.addEventListener("unhandledrejection", (event) => die(event, (event as PromiseRejectionEvent).reason));
}

const RUN = Symbol.for("isopool.run");
const script = new Script(`globalThis[Symbol.for(${JSON.stringify(RUN.description)})]()`);

/**
 * Runs synchronous code, for so many milliseconds at most: a web worker cannot be interrupted from outside, but its own
 * `node:vm` can do it. What the code goes on with after an `await` runs outside of it.
 *
 * A call that ends within the very millisecond of its limit may lose all of its stack: nothing answers then, but the
 * worker still hears the host, whose own limit ends it. That is left to the host on purpose where the stopped code may
 * have held a lock, or waited at a barrier: only the end of the thread frees those, since a stop runs no `finally`.
 */
function limit(run: () => unknown, timeout: number, left: number): unknown {
  const end = performance.now() + left;
  Object.defineProperty(globalThis, RUN, { value: run, configurable: true });
  try {
    return script.runInThisContext({ timeout: Math.max(1, Math.ceil(left)), displayErrors: false });
  } catch (error) {
    const stopped = (error as { code?: unknown } | null)?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
    if (!stopped || performance.now() < end) throw error;
    // It may have struck in the middle of a print.
    Terminal.local().leave();
    if (OwnerTable.hasTable) return new Promise<never>(() => {});
    throw new TaskTimeoutError(`Task ran longer than its timeout of ${timeout} ms: it was stopped`, { timeout });
  }
}
