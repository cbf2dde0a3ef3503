/**
 * The backends of a pool: what each can do, and how its workers are started. No other file names a concrete transport.
 *
 * @module
 */
import { cores } from "../core/platform.ts";
import { launchLoopback, runsWithin } from "../transport/loopback.ts";
import { checkLimits, withinLimits } from "../transport/limits.ts";
import { launchProcess } from "../transport/process_launch.ts";
import { denoPath } from "../transport/process_command.ts";
import { launchThread } from "../transport/thread.ts";
import type { Launch, PoolControl, Setup } from "../transport/transport.ts";
import { launchWeb } from "../transport/web.ts";

/**
 * Name of a backend: `"worker"` runs tasks on threads of this process, `"process"` in processes of their own, `"async"`
 * on this event loop.
 */
export type BackendName = "async" | "process" | "worker";

/** What a backend can do, as data. */
export interface Capabilities {
  /** Kind of worker: this event loop, a worker thread, a Deno Web Worker with permissions of its own, or a process. */
  readonly engine: "loop" | "process" | "thread" | "web";
  /** Whether tasks run on several cores at once. */
  readonly parallel: boolean;
  /** Whether a task has globals and memory of its own: arguments are copied, closures cannot be sent. */
  readonly isolated: boolean;
  /** Whether a SharedArrayBuffer given to a task is the same memory there. */
  readonly sharedMemory: boolean;
  /** Whether a task that never yields can be stopped. Without it, `timeout` still interrupts a synchronous task. */
  readonly forcedKill: boolean;
  /** Whether `memoryLimit` (bytes) can be given. */
  readonly memoryLimit: boolean;
  /** Whether tasks have permissions of their own. */
  readonly permissions: boolean;
}

/** A backend. */
export interface Backend {
  capabilities: Capabilities;
  /** Prepares the function that starts its workers. */
  launch: (setup: Setup, pool: PoolControl) => Launch;
}

export { checkLimits, denoPath, runsWithin };

const ISOLATED = { isolated: true, sharedMemory: true, parallel: true };

/** Every backend. */
export const BACKENDS: Record<BackendName, Backend> = {
  async: {
    capabilities: {
      engine: "loop",
      parallel: false,
      isolated: false,
      sharedMemory: true,
      forcedKill: false,
      memoryLimit: false,
      permissions: false,
    },
    launch: launchLoopback,
  },
  process: {
    capabilities: {
      engine: "process",
      parallel: true,
      isolated: true,
      sharedMemory: false,
      forcedKill: true,
      memoryLimit: true,
      permissions: true,
    },
    launch: (setup, pool) => withinLimits(launchProcess(setup, pool)),
  },
  worker: {
    capabilities: { engine: "thread", ...ISOLATED, forcedKill: true, memoryLimit: true, permissions: false },
    launch: (setup) => withinLimits(launchThread(setup)),
  },
};

/** Backend `"worker"` under `permissions`. */
export const SCOPED: Backend = {
  capabilities: { engine: "web", ...ISOLATED, forcedKill: false, memoryLimit: false, permissions: true },
  launch: (setup) => withinLimits(launchWeb(setup)),
};

/**
 * Returns the number of cores that this script can use, at least 1. It is the default of a pool's `workers`.
 *
 * @example Leave one core to this script
 * ```ts
 * import { assert } from "@std/assert";
 * import { cpuCount, Pool } from "@isopool/isopool";
 *
 * await using pool = new Pool(Math.max(1, cpuCount() - 1));
 * assert(pool.workers >= 1);
 * ```
 */
export function cpuCount(): number {
  return cores;
}
