/**
 * The options of a pool, checked once, at construction.
 *
 * @module
 */
import { bad, duration, integer, knownOptions, oneOf } from "../core/validate.ts";
import { type RetryOptions, retryPolicy } from "../task/retry.ts";
import { type BackendName, BACKENDS, cpuCount } from "./backends.ts";
import { checkPermissions, type PermissionScope, type Scope } from "./permissions.ts";
import { warnOfPrompts } from "./prompts.ts";
import { checkWorkerOptions } from "./worker_options.ts";

/** Options of {@linkcode Pool}. */
export interface PoolOptions<B extends BackendName = BackendName> {
  /**
   * What tasks run on: `"worker"` threads of this process, or `"async"`, this event loop.
   *
   * @default {"worker"}
   */
  backend?: B;
  /** Most workers at a time; they start as work comes. @default {the number of usable cores; 32 for "async"} */
  workers?: number;
  /** Longest run of a task in milliseconds, where the task has no limit of its own. @default {Infinity} */
  timeout?: number;
  /** How often a failed task is tried again, where the task does not say. @default {0} */
  retry?: number | RetryOptions;
  /** Milliseconds between a task's `context.signal` and force, when it is stopped. @default {200} */
  killGrace?: number;
  /**
   * What tasks may do, where that is less than what this script may: `"none"`, or a {@linkcode PermissionScope}. Takes
   * `--unstable-worker-options`. A guard against mistakes, no wall against attackers: see SECURITY.md.
   *
   * Running out of memory under a scope ends the process, and a task that never ends is stopped only before its first
   * `await`, by its `timeout`.
   *
   * @default {"inherit"}
   */
  permissions?: "inherit" | "none" | PermissionScope;
  /** Name of the pool, in messages. */
  name?: string;
}

/** Options with every default filled in. */
export interface CheckedOptions {
  backend: BackendName;
  workers: number;
  timeout: number | undefined;
  retry: number | RetryOptions | undefined;
  killGrace: number;
  permissions: Scope | undefined;
  name: string;
}

const NAMES = ["backend", "workers", "timeout", "retry", "killGrace", "permissions", "name"] as const;

/** Checks and completes what a pool was constructed with. */
export function checkPoolOptions(given: number | PoolOptions | undefined): CheckedOptions {
  const call = "create pool";
  const options: PoolOptions = typeof given === "number" ? { workers: given } : given ?? {};
  knownOptions(call, options, NAMES);
  const backend = oneOf(call, "backend", options.backend ?? "worker", Object.keys(BACKENDS) as BackendName[]);
  retryPolicy(call, options.retry);
  if (options.name !== undefined && typeof options.name !== "string") {
    throw bad(call, "name", options.name, "a string", false);
  }
  const permissions = checkPermissions(call, options.permissions);
  if (permissions) {
    if (backend !== "worker") throw bad(call, "permissions", options.permissions, 'a backend of "worker"', false);
    checkWorkerOptions(call);
    warnOfPrompts();
  }
  return {
    backend,
    workers: integer(call, "workers", options.workers ?? (backend === "async" ? 32 : cpuCount()), 1),
    timeout: duration(call, "timeout", options.timeout),
    retry: options.retry,
    killGrace: duration(call, "killGrace", options.killGrace ?? 200) ?? 200,
    permissions,
    name: options.name ?? "pool",
  };
}
