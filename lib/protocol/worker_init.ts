/**
 * What the host gives a worker at its start: the worker's settings, its port, and the shared memory of the pair.
 *
 * A thread finds it in `workerData`; a scoped worker receives it as its first message.
 *
 * @module
 */
import type { TerminalClient } from "../core/isolate_state.ts";
import type { CallTableMemory } from "./call_table.ts";
import type { Port, Source } from "./messages.ts";

/** A hook as it is sent: a function that the worker runs once, before its first call or after its last. */
export interface HookMessage {
  source: Source;
  args: readonly unknown[];
  /** Whether there may be shared objects in the arguments. */
  handles: boolean;
}

/** The settings of one worker of any kind. */
export interface WorkerSettings {
  workerId: number;
  /** How many pools are nested around the worker: 1 for a worker of the main thread's pool. */
  depth: number;
  /** The product of the maximum worker counts of all pools around the worker; nesting.ts warns when it is large. */
  threads: number;
  initializer: HookMessage | undefined;
  finalizer: HookMessage | undefined;
  /** Whether hooks have a time limit, at which the host may stop the worker by force. */
  hooksHaveLimit: boolean;
  /** Maximum number of calls that the worker runs at a time. */
  concurrency: number;
  /** Maximum memory in bytes, if there is a limit. */
  memoryLimit: number | undefined;
  /** Bytes of memory from which the worker reports that it has grown, if the pool replaces such workers. */
  recycleAt: number | undefined;
}

/** The settings, port and memory of a worker of this process. */
export interface WorkerInit extends WorkerSettings {
  /** The table of threads that can own a lock, and the worker's entry in it (lib/shared/owner_table.ts). */
  owner: { memory: SharedArrayBuffer; id: number };
  /** Memory of the {@linkcode CallTable}. */
  callTable: CallTableMemory;
  /** Memory of the {@linkcode Doorbell}. */
  doorbell: SharedArrayBuffer;
  /** Memory of the {@linkcode KillGuard}. */
  killGuard: SharedArrayBuffer;
  /** The worker's access to the terminal that all threads share. */
  terminal: TerminalClient;
  /** The worker's end of its channel. */
  port: Port;
}

/** The settings of a worker process: it has no memory in common with its host, and makes its own table and doorbell. */
export interface ProcessInit extends WorkerSettings {
  /** The line that the worker writes to stdout and stderr so that its host knows how far they have been read. */
  mark: string;
  /** The environment that the pool gives to its tasks; variables of the runtime's own are removed. */
  env: Record<string, string>;
}
