/**
 * Where a worker process runs: on this machine, or on another host.
 *
 * @module
 */
import type { MemoryFile } from "../protocol/memory_file.ts";
import type { Source } from "../protocol/messages.ts";
import { Child, type ChildEvents } from "./process_child.ts";
import { processCommand } from "./process_command.ts";
import type { Hook, Setup } from "./transport.ts";

/** The connection to a worker process. */
export interface Channel {
  /** The id of the process that was started here; 0 if there is none. */
  readonly pid: number;
  /** Writes in order. `done` is called when the bytes have left this process. */
  write(parts: readonly Uint8Array[], done?: () => void): void;
  /** The host's side of the file in memory, if there is one. */
  readonly file?: MemoryFile;
  /** Writes an answer for which the worker blocks. Absent where workers cannot block. */
  answer?(parts: readonly Uint8Array[]): void;
  /**
   * Kills the process and all that it has started. `ended` follows, if there is a process.
   *
   * @param grace Milliseconds that the process itself has after a SIGTERM; at once by default.
   */
  kill(grace?: number): void;
}

/** Where one worker process runs. */
export interface Site {
  /** Whether stdout and stderr come through one pipe (labelled_output.ts). */
  readonly isLaunched: boolean;
  /**
   * Starts the process.
   *
   * @param init The frame with the worker's settings: the first one that it reads.
   */
  open(events: ChildEvents, init: readonly Uint8Array[]): Channel;
  /** Returns the source of a task on that machine. Later writes wait until its module is there. */
  place(source: Source): Source;
}

/** This machine. */
export function localSite(setup: Setup): Site {
  return {
    isLaunched: setup.command !== undefined,
    open: (events, init) => new Child(processCommand(setup), events, init),
    place: (source) => source,
  };
}

/** Returns the settings for a worker at a site: the sources of the hooks are those on its machine. */
export function withPlaces(setup: Setup, site: Site): Setup {
  const placed = (hook: Hook | undefined) => hook && { ...hook, source: site.place(hook.source) };
  return { ...setup, initializer: placed(setup.initializer), finalizer: placed(setup.finalizer) };
}
