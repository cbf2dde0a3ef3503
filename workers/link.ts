/**
 * What the code that serves calls needs of the kind of worker that it runs in.
 *
 * @module
 */
import type { Bell } from "../lib/protocol/bell.ts";
import type { Board } from "../lib/protocol/board.ts";
import type { Importer } from "../lib/protocol/load_task.ts";
import type { Introduction, WorkerMessage } from "../lib/protocol/messages.ts";

/** What an entry gives: the way to the host, and how this kind of worker does things. */
export interface Link {
  introduction: Introduction;
  board: Board;
  bell: Bell;
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
  kinds(): Promise<unknown>;
  /** Ends the worker from inside. */
  leave(): void;
}
