/**
 * What a pool can run on. The one place that knows a concrete transport.
 *
 * @module
 */
import { launchLoopback, runsWithin } from "../transport/loopback.ts";
import { launchThread } from "../transport/thread.ts";
import type { Launch, Setup } from "../transport/transport.ts";

/** Name of a backend. */
export type BackendName = "async" | "worker";

/** What a backend can do, as data. */
export interface Capabilities {
  /** Whether tasks run on several cores at once. */
  readonly parallel: boolean;
  /** Whether a task has globals and memory of its own: arguments are copied, closures cannot be sent. */
  readonly isolated: boolean;
  /** Whether a SharedArrayBuffer given to a task is the same memory there. */
  readonly sharedMemory: boolean;
  /** Whether a task that never yields can be stopped. */
  readonly forcedKill: boolean;
  /** Whether `memoryLimit` can be given. */
  readonly memoryLimit: boolean;
  /** Whether `permissions` can be given. */
  readonly permissions: boolean;
}

interface Backend {
  capabilities: Capabilities;
  /** How its workers are started. */
  launch: (setup: Setup) => Launch;
}

export { runsWithin };

/** Every backend. */
export const BACKENDS: Record<BackendName, Backend> = {
  async: {
    capabilities: {
      parallel: false,
      isolated: false,
      sharedMemory: true,
      forcedKill: false,
      memoryLimit: false,
      permissions: false,
    },
    launch: launchLoopback,
  },
  worker: {
    capabilities: {
      parallel: true,
      isolated: true,
      sharedMemory: true,
      forcedKill: true,
      memoryLimit: true,
      permissions: false,
    },
    launch: launchThread,
  },
};

/**
 * Returns how many cores this script can use, at least 1.
 *
 * @example Sizing by cores
 * ```ts
 * import { assert } from "@std/assert";
 * import { cpuCount } from "@isopool/isopool";
 *
 * assert(cpuCount() >= 1);
 * ```
 */
export function cpuCount(): number {
  return navigator.hardwareConcurrency || 1;
}
