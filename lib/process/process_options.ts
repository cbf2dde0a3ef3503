/**
 * The options of a process, and their check.
 *
 * @module
 */
import { badOption, boolean, knownOptions } from "../core/validate.ts";
import { checkPoolOptions } from "../pool/check_options.ts";
import type { PoolOptions } from "../pool/options.ts";
import type { PermissionScope } from "../pool/permissions.ts";

/** Options of a {@linkcode Process}. */
export interface ProcessOptions {
  /** Name of the process, in messages. @default {"Process-" and its id} */
  name?: string;
  /** Whether the script may end while the process runs. @default {false} */
  daemon?: boolean;
  /** What the process runs on. @default {"worker"} */
  backend?: "worker" | "async";
  /** What the process may do, as for a `Pool`. @default {"inherit"} */
  permissions?: "inherit" | "none" | PermissionScope;
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
  knownOptions(CREATE, options, ["name", "daemon", "backend", "permissions"]);
  if (!Array.isArray(args)) throw badOption(CREATE, "args", args, "an array of arguments", false);
  const { name = defaultName, backend, permissions } = options;
  const daemon = boolean(CREATE, "daemon", options.daemon, false);
  const pool: PoolOptions = { backend, permissions, name, workers: 1 };
  checkPoolOptions(pool);
  return { name, daemon, pool };
}
