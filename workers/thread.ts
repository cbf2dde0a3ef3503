/**
 * Entry of a worker thread.
 *
 * @module
 */
import { type MessagePort, workerData } from "node:worker_threads";
import { setImmediate } from "node:timers";
import { Board } from "../lib/protocol/board.ts";
import type { HostMessage, Introduction } from "../lib/protocol/messages.ts";
import { serve } from "./serve.ts";

// A thread that holds a Web Lock is interrupted by terminate(), even in a loop that never ends; one that does not burns
// on for ever. Taken before any user code is loaded.
interface Locks {
  request(name: string, options: { mode: "shared" }, held: () => Promise<never>): Promise<never>;
}
(navigator as unknown as { locks: Locks }).locks.request(
  `isopool:${crypto.randomUUID()}`,
  { mode: "shared" },
  () => new Promise(() => {}),
);

const introduction = workerData as Introduction;
const port = introduction.port as MessagePort;
const receive = serve({
  workerId: introduction.workerId,
  board: new Board(introduction.board),
  post: (message) => port.postMessage(message),
  turn: (run) => setImmediate(run),
  leave: () => Deno.exit(0),
});
port.on("message", (message: HostMessage) => receive(message));
