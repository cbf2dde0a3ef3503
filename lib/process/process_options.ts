/**
 * The options of a process, and their check.
 *
 * @module
 */
import { badOption, boolean, isArray, knownOptions } from "../core/validate.ts";
import { checkPoolOptions } from "../pool/check_options.ts";
import type { PoolOptions } from "../pool/options.ts";
import type { PermissionScope } from "../pool/permissions.ts";

/** Options of a {@linkcode Process}. */
export interface ProcessOptions {
  /** Name of the process, in messages. @default {"Process-" and its id} */
  name?: string;
  /** Whether the script may end while the process runs. @default {false} */
  daemon?: boolean;
  /**
   * What the process runs on: `"worker"`, a thread of this process; `"process"`, a process of the operating system;
   * `"async"`, the calling thread, where nothing can stop the task by force.
   *
   * @default {"worker"}
   */
  backend?: "worker" | "process" | "async";
  /** What the process may do, as for a `Pool`. @default {"inherit"} */
  permissions?: "inherit" | "none" | PermissionScope;
  /** The environment, as for a `Pool`: on backend `"process"` nothing is inherited. */
  env?: Record<string, string>;
  /** The working directory, for backend `"process"` only. @default {this script's} */
  cwd?: string | URL;
}

/** The options of a process, checked. */
export interface CheckedProcess {
  readonly name: string;
  readonly daemon: boolean;
  /** The options of its pool of one worker. */
  readonly pool: PoolOptions;
}

const CREATE = "create process";

/** Checks the options and the argument list of a process. */
export function checkProcess(defaultName: string, args: unknown, options: ProcessOptions): CheckedProcess {
  knownOptions(CREATE, options, ["name", "daemon", "backend", "permissions", "env", "cwd"]);
  if (!isArray(args)) throw badOption(CREATE, "args", args, "an array of arguments", false);
  const { name = defaultName, backend, permissions, env, cwd } = options;
  const daemon = boolean(CREATE, "daemon", options.daemon, false);
  const pool: PoolOptions = { backend, permissions, env, cwd, name, workers: 1 };
  checkPoolOptions(pool);
  return { name, daemon, pool };
}
