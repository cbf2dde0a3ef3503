/**
 * The backends of a pool: what each can do, and how its workers are started. No other file names a concrete transport.
 *
 * @module
 */
import { cores } from "../core/platform.ts";
import { isOptions, oneOf, refusal } from "../core/validate.ts";
import { launchLoopback, runsWithin } from "../transport/loopback.ts";
import { checkLimits, withinLimits } from "../transport/limits.ts";
import { launchProcess } from "../transport/process_launch.ts";
import { launchThread } from "../transport/thread.ts";
import type { ModuleFile } from "../transport/module_files.ts";
import type { Launch, PoolControl, Setup } from "../transport/transport.ts";
import { launchWeb } from "../transport/web.ts";

/**
 * Name of a backend: `"worker"` runs tasks on threads of this process, `"process"` in processes of their own, `"async"`
 * on this event loop, `"cluster"` on worker hosts.
 */
export type BackendName = "async" | "cluster" | "process" | "worker";

/** The names that the option `backend` takes. A cluster needs options of its own, so it is made by a function. */
export type LocalBackendName = Exclude<BackendName, "cluster">;

/** What a backend can do, as data. */
export interface Capabilities {
  /**
   * Kind of worker: this event loop, a worker thread, a Deno Web Worker with permissions of its own, a process, or
   * whichever worker host takes the call.
   */
  readonly engine: "cluster" | "loop" | "process" | "thread" | "web";
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
  readonly name: BackendName;
  /** The default of a pool's `workers`. */
  readonly workers: number;
  capabilities: Capabilities;
  /** Prepares the function that starts its workers. */
  launch: (setup: Setup, pool: PoolControl) => Launch;
}

/** The key under which a {@linkcode CustomBackend} has its description. @ignore */
export const CUSTOM: unique symbol = Symbol("isopool.backend");

/** A backend that another entry point makes: `cluster()` of `@isopool/isopool/cluster`. */
export interface CustomBackend {
  /** @ignore */
  readonly [CUSTOM]: Backend;
}

export { checkLimits, type ModuleFile, runsWithin };

/** Returns the files of a local module and of what it imports: what another host must have to run it. */
export async function moduleFiles(url: string): Promise<ModuleFile[]> {
  const { moduleFiles } = await import("../transport/module_files.ts");
  return await moduleFiles(url);
}

const ISOLATED = { isolated: true, sharedMemory: true, parallel: true };

/** Every backend. */
export const BACKENDS: Record<LocalBackendName, Backend> = {
  async: {
    name: "async",
    workers: 32,
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
    name: "process",
    workers: cores,
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
    name: "worker",
    workers: cores,
    capabilities: { engine: "thread", ...ISOLATED, forcedKill: true, memoryLimit: true, permissions: false },
    launch: (setup) => withinLimits(launchThread(setup)),
  },
};

/** Backend `"worker"` under `permissions`. */
export const SCOPED: Backend = {
  name: "worker",
  workers: cores,
  capabilities: { engine: "web", ...ISOLATED, forcedKill: false, memoryLimit: false, permissions: true },
  launch: (setup) => withinLimits(launchWeb(setup)),
};

/** Gives the backend that the option `backend` means. */
export function chooseBackend(action: string, given: unknown): Backend {
  if (given === undefined) return BACKENDS.worker;
  if (isOptions(given) && CUSTOM in given) return (given as CustomBackend)[CUSTOM];
  if (given === "cluster") {
    throw refusal(
      `Cannot ${action}: \`backend\` is "cluster", which needs to know where Redis is: give it ` +
        "cluster({ redis, queue }) of @isopool/isopool/cluster",
    );
  }
  return BACKENDS[oneOf(action, "backend", given, Object.keys(BACKENDS) as LocalBackendName[])];
}

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
