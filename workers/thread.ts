/**
 * A worker thread, from its first moment.
 *
 * @module
 */
import { setImmediate } from "node:timers";
import { type MessagePort, workerData } from "node:worker_threads";
import { Board } from "../lib/protocol/board.ts";
import type { Importer } from "../lib/protocol/load_task.ts";
import type { HostMessage, Introduction } from "../lib/protocol/messages.ts";
import { serve } from "./serve.ts";

interface Locks {
  request(name: string, options: { mode: "shared" }, held: () => Promise<never>): Promise<never>;
}

/** Starts serving. Called by the generated entry, which hands over its own `import()`. */
export function boot(load: Importer): void {
  // A thread that holds a Web Lock is interrupted by terminate(), even in a loop that never ends; one that does not
  // burns on for ever. Taken before any user code is loaded.
  const { locks } = navigator as unknown as { locks: Locks };
  locks.request(`isopool:${crypto.randomUUID()}`, { mode: "shared" }, () => new Promise(() => {}));

  const introduction = workerData as Introduction;
  const port = introduction.port as MessagePort;
  const receive = serve({
    workerId: introduction.workerId,
    board: new Board(introduction.board),
    post: (message) => port.postMessage(message),
    // Running out of memory is contained in what runs from a timer or an immediate, and nowhere else.
    turn: (run) => setImmediate(run),
    load,
    leave: () => Deno.exit(0),
  });
  port.on("message", (message: HostMessage) => receive(message));
}
