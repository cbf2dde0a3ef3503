/**
 * The options of a process, and their check.
 *
 * @module
 */
import { badOption, boolean, isA, isArray, knownOptions, oneOf, refusal, show } from "../core/validate.ts";
import { checkPoolOptions } from "../pool/check_options.ts";
import type { PoolOptions } from "../pool/options.ts";
import type { PermissionScope } from "../pool/permissions.ts";
import type { Args } from "../pool/runnable.ts";
import { Task } from "../task/task.ts";
import type { Stdio } from "./child.ts";

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
  /**
   * Where its stdout goes, as in `Deno.Command`: `"inherit"`, to that of this script; `"piped"`, into
   * {@linkcode Process.stdout}; `"null"`, nowhere. Other values than the default need backend `"process"`.
   *
   * @default {"inherit"}
   */
  stdout?: "inherit" | "piped" | "null";
  /** Where its stderr goes. @default {"inherit"} */
  stderr?: "inherit" | "piped" | "null";
  /** The working directory, for backend `"process"` only. @default {this script's} */
  cwd?: string | URL;
}

/**
 * What follows the task of a {@linkcode Process}: its arguments, which may be left out if it needs none, and options.
 *
 * @typeParam A The task's parameters.
 */
export type ProcessArguments<A extends unknown[]> = [] extends A ? [args?: Readonly<Args<A>>, options?: ProcessOptions]
  : [args: Readonly<Args<A>>, options?: ProcessOptions];

/** The checked arguments and options of a process. */
export interface CheckedProcess {
  readonly args: unknown[];
  readonly name: string;
  readonly daemon: boolean;
  readonly stdout: Stdio;
  readonly stderr: Stdio;
  /** The options of its pool of one worker. */
  readonly pool: PoolOptions;
}

const CREATE = "create process";

/** Checks the task, the argument list and the options of a process. */
export function checkProcess(
  defaultName: string,
  task: unknown,
  [args = [], options = {}]: readonly [args?: unknown, options?: ProcessOptions],
): CheckedProcess {
  // A function that is no task is refused by the pool, whose error says what to do instead.
  if (!isA(task, Task) && typeof task !== "function") {
    throw badOption(CREATE, "task", task, "a task: tasks(url).name, task(import.meta, fn) or inline(fn)", false);
  }
  knownOptions(CREATE, options, ["name", "daemon", "backend", "permissions", "env", "cwd", "stdout", "stderr"]);
  if (!isArray(args)) throw badOption(CREATE, "args", args, "an array of arguments", false);
  const { name = defaultName, backend, permissions, env, cwd } = options;
  const daemon = boolean(CREATE, "daemon", options.daemon, false);
  const pool: PoolOptions = { backend, permissions, env, cwd, name, workers: 1 };
  checkPoolOptions(pool);
  const [stdout, stderr] = [stdio("stdout", options), stdio("stderr", options)];
  return { args, name, daemon, stdout, stderr, pool };
}

function stdio(name: "stdout" | "stderr", options: ProcessOptions): Stdio {
  const kind = oneOf(CREATE, name, options[name] ?? "inherit", ["inherit", "piped", "null"]);
  if (kind === "inherit" || options.backend === "process") return kind;
  throw refusal(
    `Cannot ${CREATE}: \`${name}\` is ${show(kind)}, and a thread has no ${name} of its own: use backend "process"`,
  );
}
