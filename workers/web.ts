/**
 * The entry of a scoped worker (a Deno Web Worker).
 *
 * The runtime does not report how such a worker ends. So the worker posts the reason to its host just before it ends.
 *
 * @module
 */
import { Script } from "node:vm";
import { define } from "../lib/core/define.ts";
import { TaskTimeoutError } from "../lib/core/errors.ts";
import { isolateState } from "../lib/core/isolate_state.ts";
import { JSON, performance, Promise } from "../lib/core/platform.ts";
import { Terminal } from "../lib/core/terminal.ts";
import { setImmediate } from "../lib/core/timer.ts";
import { CallTable } from "../lib/protocol/call_table.ts";
import { Doorbell } from "../lib/protocol/doorbell.ts";
import * as errors from "../lib/protocol/error_decoder.ts";
import { encodeThrown } from "../lib/protocol/error_record.ts";
import { KillGuard } from "../lib/protocol/kill_guard.ts";
import type { Importer } from "../lib/protocol/load_task.ts";
import type { HostMessage, WorkerMessage } from "../lib/protocol/messages.ts";
import type { WorkerInit } from "../lib/protocol/worker_init.ts";
import { OwnerTable } from "../lib/shared/owner_table.ts";
import { bufferWasm } from "./buffered_wasm.ts";
import { preload } from "./preload.ts";
import { Inbox } from "./inbox.ts";
import { serve } from "./serve.ts";
import { wrapBuiltins, wrapGlobals } from "./stop_retry.ts";

/** The global scope of a web worker. Its types are in a library that this file is not checked with. */
interface WorkerScope extends EventTarget {
  close(): void;
}

const worker = globalThis as unknown as WorkerScope;

// Only `Deno.exit` ends a web worker from inside any loop and any `finally`. It is read here, before a task can replace
// it.
const exit: () => never = Deno.exit.bind(Deno, 0);

/**
 * Starts serving at the first message, which has the worker's settings. The generated entry calls it
 * (lib/transport/entry.ts).
 *
 * @param load The `import()` of the entry.
 */
export function boot(load: Importer): void {
  bufferWasm();
  worker.addEventListener("message", (event) => start((event as MessageEvent).data, load), { once: true });
}

function start(init: WorkerInit, load: Importer): void {
  const { port } = init;
  const post = (message: WorkerMessage, transfer?: Transferable[]) => port.postMessage(message, transfer);
  const guard = new KillGuard(init.killGuard);
  isolateState.terminal = init.terminal;
  isolateState.checkpoint = () => {
    if (guard.stopRequested) exit();
  };
  wrapGlobals(guard, exit, Terminal.local());
  reportEnd(post);
  OwnerTable.join(init.owner.memory, init.owner.id);
  const calls = new CallTable(init.callTable);
  const doorbell = new Doorbell(init.doorbell);
  const receive = serve({
    init,
    calls,
    openInbox: (hasTask) => new Inbox(calls, doorbell, hasTask),
    report: (report) => doorbell.report(report),
    post,
    setImmediate: (run) => setImmediate(run),
    load: (url) => guard.protect(() => load(url)),
    runWithin,
    prepare: () =>
      guard.protect(() => {
        wrapBuiltins(guard, exit);
        return preload();
      }),
    loadSharedTypes: () => guard.protect(() => import("../lib/manager/kinds.ts")),
    // Loaded at the start: a thread that loads something cannot be stopped by force meanwhile.
    loadErrors: () => Promise.resolve(errors),
    loadTracer: () => guard.protect(() => import("./call_tracer.ts")),
    leave: () => worker.close(),
  });
  port.onmessage = ({ data }) => receive(data as HostMessage);
}

function reportEnd(post: (message: WorkerMessage) => void): void {
  worker.addEventListener("unload", () => post({ kind: "exiting", exitCode: Deno.exitCode }));
  const endWith = (event: Event, error: unknown) => {
    // Without this, the runtime would print the error and end this worker with an event that has lost it.
    event.preventDefault();
    post({ kind: "exiting", thrown: encodeThrown(error) });
    worker.close();
  };
  worker.addEventListener("error", (event) => endWith(event, (event as ErrorEvent).error));
  worker.addEventListener("unhandledrejection", (event) => endWith(event, (event as PromiseRejectionEvent).reason));
}

const RUN = Symbol.for("isopool.run");
const script = new Script(`globalThis[Symbol.for(${JSON.stringify(RUN.description)})]()`);

/**
 * Runs synchronous code for `remaining` milliseconds at most, with the timeout of `node:vm`: a web worker cannot be
 * interrupted from outside. Code after an `await` is not limited.
 *
 * A call that ends within the very millisecond of its limit may lose its whole stack. Then it is never answered, but
 * the worker still receives messages, and the host's own limit ends it. The host does so on purpose where the stopped
 * code may have held a lock or waited at a barrier: a stop runs no `finally`, so only the end of the thread frees them.
 */
function runWithin(run: () => unknown, timeout: number, remaining: number): unknown {
  const end = performance.now() + remaining;
  define(globalThis, RUN, run, false);
  try {
    return script.runInThisContext({ timeout: Math.max(1, Math.ceil(remaining)), displayErrors: false });
  } catch (error) {
    const stopped = (error as { code?: unknown } | null)?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
    if (!stopped || performance.now() < end) throw error;
    // The stop may have come while the task held the terminal.
    Terminal.local().leave();
    if (OwnerTable.hasTable) return new Promise<never>(() => {});
    throw new TaskTimeoutError(`Task ran longer than its timeout of ${timeout} ms: it was stopped`, { timeout });
  }
}
