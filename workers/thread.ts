/**
 * A worker thread, from its first moment.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import { workerData } from "node:worker_threads";
import { scope } from "../lib/core/isolate_state.ts";
import { Terminal } from "../lib/core/terminal.ts";
import { Doorbell } from "../lib/protocol/doorbell.ts";
import { CallTable } from "../lib/protocol/call_table.ts";
import { KillGuard } from "../lib/protocol/kill_guard.ts";
import type { Importer } from "../lib/protocol/load_task.ts";
import type { HostMessage } from "../lib/protocol/messages.ts";
import type { WorkerInit } from "../lib/protocol/worker_init.ts";
import { encodeThrown } from "../lib/protocol/error_record.ts";
import { bufferWasm } from "./buffered_wasm.ts";
import { preload } from "./preload.ts";
import { endThread, wrapBuiltins, wrapGlobals } from "./stop_retry.ts";
import { serve } from "./serve.ts";

// A thread that holds a Web Lock is interrupted by terminate(), even in a loop that never ends; one that does not burns
// on for ever. So it is held before any user code is loaded. Should somebody steal it, it is taken again.
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

/** Starts serving. Called by the generated entry, which hands over its own `import()`. */
export async function boot(load: Importer): Promise<void> {
  const introduction = workerData as WorkerInit;
  const brake = new KillGuard(introduction.killGuard);
  bufferWasm();
  scope.terminal = introduction.terminal;
  wrapGlobals(brake, endThread, Terminal.local());
  await holdLock();

  const { port, memoryLimit } = introduction;
  if (memoryLimit !== undefined) {
    const { watchMemory } = await import("./memory.ts");
    watchMemory(
      memoryLimit,
      (error) => port.postMessage({ kind: "failed", phase: "memory", thrown: encodeThrown(error) }),
    );
  }
  const receive = serve({
    init: introduction,
    callTable: new CallTable(introduction.callTable),
    doorbell: new Doorbell(introduction.doorbell),
    post: (message, transfer) => port.postMessage(message, transfer),
    // Running out of memory is contained in what runs from a timer or an immediate, and nowhere else.
    turn: (run) => setImmediate(run),
    load: (url) => brake.protect(() => load(url)),
    prepare: () =>
      brake.protect(() => {
        wrapBuiltins(brake, endThread);
        return preload();
      }),
    loadSharedTypes: () => brake.protect(() => import("../lib/manager/kinds.ts")),
    leave: () => Deno.exit(0),
  });
  // The port is dead after that: so is the worker.
  port.onmessageerror = ({ data }) => {
    throw data;
  };
  port.onmessage = ({ data }) => receive(data as HostMessage);
}
