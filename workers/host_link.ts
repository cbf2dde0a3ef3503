/**
 * What the code that serves calls needs of the kind of worker that it runs in.
 *
 * @module
 */
import type { Doorbell } from "../lib/protocol/doorbell.ts";
import type { CallTable } from "../lib/protocol/call_table.ts";
import type { Importer } from "../lib/protocol/load_task.ts";
import type { WorkerMessage } from "../lib/protocol/messages.ts";
import type { WorkerInit } from "../lib/protocol/worker_init.ts";

/** What an entry gives: the way to the host, and how this kind of worker does things. */
export interface HostLink {
  init: WorkerInit;
  callTable: CallTable;
  doorbell: Doorbell;
  post(message: WorkerMessage, transfer?: Transferable[]): void;
  /** Runs a function in a turn of the event loop in which the runtime can contain running out of memory. */
  turn(run: () => void): void;
  /** The entry's `import()`. */
  load: Importer;
  /** Runs synchronous code for `left` milliseconds at most, where nobody outside can interrupt it. */
  limit?(run: () => unknown, timeout: number, left: number): unknown;
  /** Makes it safe to be stopped by force. Done before the first call that has a limit. */
  prepare(): Promise<void>;
  /** Loads what shared objects need to come to life here. */
  loadSharedTypes(): Promise<unknown>;
  /** Ends the worker from inside. */
  leave(): void;
}
