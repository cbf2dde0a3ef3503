/**
 * The entry of a worker thread.
 *
 * @module
 */
import { workerData } from "node:worker_threads";
import { isolateState } from "../lib/core/isolate_state.ts";
import { ownModule } from "../lib/core/own_modules.ts";
import { crypto, Promise } from "../lib/core/platform.ts";
import { Terminal } from "../lib/core/terminal.ts";
import { setImmediate } from "../lib/core/timer.ts";
import { CallTable } from "../lib/protocol/call_table.ts";
import { Doorbell } from "../lib/protocol/doorbell.ts";
import * as errors from "../lib/protocol/error_decoder.ts";
import { encodeThrown } from "../lib/protocol/error_record.ts";
import { KillGuard } from "../lib/protocol/kill_guard.ts";
import type { Importer } from "../lib/protocol/load_task.ts";
import type { HostMessage } from "../lib/protocol/messages.ts";
import type { WorkerInit } from "../lib/protocol/worker_init.ts";
import { OwnerTable } from "../lib/shared/owner_table.ts";
import { bufferWasm } from "./buffered_wasm.ts";
import { preload } from "./preload.ts";
import { Inbox } from "./inbox.ts";
import { serve } from "./serve.ts";
import { endThread, wrapBuiltins, wrapGlobals } from "./stop_retry.ts";

// terminate() interrupts an endless loop only in a thread that holds a Web Lock; any other thread would run on forever.
// So the thread takes one before it loads user code, and takes another if a task steals it (option `steal`).
function holdLock(): Promise<void> {
  const { locks } = navigator as unknown as { locks: Locks };
  const { promise, resolve } = Promise.withResolvers<void>();
  const held = () => {
    resolve();
    return new Promise<never>(() => {});
  };
  locks.request(`isopool:${crypto.randomUUID()}`, { mode: "shared" }, held).catch(holdLock);
  return promise;
}

interface Locks {
  request(name: string, options: { mode: "shared" }, held: () => Promise<never>): Promise<never>;
}

// As a computed URL: at the start of a worker the runtime reads each file that an import names literally, and those that
// come with it, which are more than all other files of a worker. (web.ts must name it literally.)
const SHARED_TYPES = ownModule("lib/manager/kinds");

/**
 * Starts the worker: it serves the calls of its host. The generated entry calls this function (lib/transport/entry.ts).
 *
 * @param load The `import()` of the entry.
 */
export async function boot(load: Importer): Promise<void> {
  const init = workerData as WorkerInit;
  const guard = new KillGuard(init.killGuard);
  bufferWasm();
  isolateState.terminal = init.terminal;
  wrapGlobals(guard, endThread, Terminal.local());
  await holdLock();

  const { port, memoryLimit } = init;
  if (memoryLimit !== undefined) {
    const { watchMemory } = await import("./watch_memory.ts");
    watchMemory(
      memoryLimit,
      (error) => port.postMessage({ kind: "failed", phase: "memory", thrown: encodeThrown(error) }),
    );
  }
  OwnerTable.join(init.owner.memory, init.owner.id);
  const calls = new CallTable(init.callTable);
  const doorbell = new Doorbell(init.doorbell);
  const receive = serve({
    init,
    calls,
    openInbox: (hasTask) => new Inbox(calls, doorbell, hasTask),
    report: (report) => doorbell.report(report),
    post: (message, transfer) => port.postMessage(message, transfer),
    // The runtime reports a full heap only in code that runs from a timer or an immediate (watch_memory.ts).
    setImmediate: (run) => setImmediate(run),
    load: (url) => guard.protect(() => load(url)),
    prepare: () =>
      guard.protect(() => {
        wrapBuiltins(guard, endThread);
        return preload();
      }),
    loadSharedTypes: () => guard.protect(() => load(SHARED_TYPES)),
    // Loaded at the start: a thread that loads something cannot be stopped by force meanwhile.
    loadErrors: () => Promise.resolve(errors),
    loadTracer: () => guard.protect(() => import("./call_tracer.ts")),
    leave: () => Deno.exit(0),
  });
  // A port that has met a message which it cannot read receives nothing more, so the worker ends.
  port.onmessageerror = ({ data }) => {
    throw data;
  };
  port.onmessage = ({ data }) => receive(data as HostMessage);
}
