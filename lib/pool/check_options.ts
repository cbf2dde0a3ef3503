/**
 * `checkPoolOptions()`: checks the options of a pool once, and completes them.
 *
 * @module
 */
import { type RateOptions, rateOptions } from "../core/rate.ts";
import {
  badOption,
  duration,
  integer,
  isOptions,
  knownOptions,
  MAX_DELAY,
  type MedianLimit,
  refusal,
  show,
  timeLimit,
} from "../core/validate.ts";
import { type RetryOptions, retryPolicy } from "../core/retry.ts";
import type { CallLimits, Setup } from "../transport/transport.ts";
import { type Backend, type BackendName, type Capabilities, chooseBackend, SCOPED } from "./backends.ts";
import { callLimits } from "./call_limits.ts";
import { hook, verifyHooks } from "./hooks.ts";
import type { PoolOptions } from "./options.ts";
import { checkPermissions } from "./permissions.ts";
import { warnOfPrompts } from "./prompts.ts";
import { checkMayRun, hostsOf, launchPrefix, workingDirectory } from "./process_options.ts";
import { checkWorkerOptions } from "./worker_options.ts";

/** The options of a pool, checked and completed. */
export interface CheckedOptions {
  backend: BackendName;
  name: string;
  workers: number;
  minWorkers: number;
  idleTimeout: number | undefined;
  maxTasks: number;
  timeout: number | MedianLimit | undefined;
  limits: CallLimits | undefined;
  retry: number | RetryOptions | undefined;
  killGrace: number;
  priorityAging: number;
  maxQueue: number;
  rate: Required<RateOptions> | undefined;
  /** The backend, as the workers' permissions demand it. */
  engine: Backend;
  /** What each worker is started with. */
  setup: Omit<Setup, "modules">;
  /** Rejects with a BrokenPoolError if the source of an inlined hook is not self-contained. */
  verified: Promise<unknown> | undefined;
}

const NAMES = [
  "backend",
  "name",
  "workers",
  "minWorkers",
  "idleTimeout",
  "maxTasksPerWorker",
  "recycleAt",
  "concurrencyPerWorker",
  "initializer",
  "initArgs",
  "finalizer",
  "timeout",
  "retry",
  "killGrace",
  "priorityAging",
  "maxQueue",
  "rate",
  "memoryLimit",
  "cpuTime",
  "maxOutput",
  "permissions",
  "env",
  "cwd",
  "command",
  "hosts",
  "ssh",
] as const;

const ACTION = "create pool";
/** Memory that an idle worker needs for itself, in bytes; a limit below it would end every worker at its start. */
const MIN_MEMORY = 32 * 2 ** 20;

/** Checks the options of a pool. */
export function checkPoolOptions(given: number | PoolOptions | undefined): CheckedOptions {
  const options: PoolOptions = typeof given === "number" ? { workers: given } : given === undefined ? {} : given;
  knownOptions(ACTION, options, NAMES);
  // Defaults for `undefined` only: `null` is refused, since it may be meant as "no limit" or as 0.
  const { name = "pool", minWorkers: fewest = 0, killGrace = 200, concurrencyPerWorker = 1, initArgs = [] } = options;
  const { priorityAging = 10_000 } = options;
  const chosen = chooseBackend(ACTION, options.backend);
  const backend = chosen.name;
  const permissions = checkPermissions(ACTION, options.permissions);
  if (permissions && backend === "async") {
    throw badOption(ACTION, "permissions", options.permissions, 'a backend of "process" or "worker"', false);
  }
  if (permissions && backend === "worker") {
    checkWorkerOptions(ACTION);
    warnOfPrompts();
  }
  const command = launchPrefix(ACTION, options.command, backend);
  if (backend === "process") checkMayRun(ACTION, command?.[0]);
  if (options.hosts !== undefined) checkMayRun(ACTION, "ssh");
  const engine = permissions && backend === "worker" ? SCOPED : chosen;
  const { capabilities } = engine;
  retryPolicy(ACTION, options.retry);
  if (typeof name !== "string") throw badOption(ACTION, "name", name, "a string", false);
  const hosts = hostsOf(ACTION, options, backend);
  const { workers: most = hosts?.first ?? engine.workers } = options;
  const workers = integer(ACTION, "workers", most, 1);
  const minWorkers = integer(ACTION, "minWorkers", fewest, 0);
  if (minWorkers > workers) {
    throw badOption(ACTION, "minWorkers", minWorkers, `at most as many as \`workers\`, ${workers}`, true);
  }
  const concurrency = integer(ACTION, "concurrencyPerWorker", concurrencyPerWorker, 1);
  const maxTasks = count("maxTasksPerWorker", options.maxTasksPerWorker, 1);
  const hookTimeout = timeLimit(ACTION, "timeout", options.timeout).ms;
  return {
    backend,
    name,
    workers,
    minWorkers,
    idleTimeout: duration(ACTION, "idleTimeout", options.idleTimeout),
    // What is a worker to the scheduler is no worker of a host.
    maxTasks: capabilities.engine === "cluster" ? Infinity : maxTasks,
    timeout: options.timeout,
    limits: callLimits(ACTION, options, undefined, capabilities, concurrency),
    retry: options.retry,
    // Infinity is replaced by the longest delay that a timer takes.
    killGrace: duration(ACTION, "killGrace", killGrace) ?? MAX_DELAY,
    priorityAging: duration(ACTION, "priorityAging", priorityAging) ?? Infinity,
    maxQueue: count("maxQueue", options.maxQueue, 0),
    rate: rateOptions(ACTION, options.rate),
    verified: capabilities.isolated ? verifyHooks(ACTION, options) : undefined,
    engine,
    setup: {
      workers,
      initializer: hook(ACTION, "initializer", options.initializer, initArgs, capabilities),
      finalizer: hook(ACTION, "finalizer", options.finalizer, [], capabilities),
      concurrency,
      timeout: hookTimeout,
      memoryLimit: memoryLimit(options.memoryLimit, backend, capabilities),
      maxTasks: maxTasks === Infinity ? undefined : maxTasks,
      recycleAt: recycleAt(options.recycleAt, backend, capabilities),
      permissions,
      env: environment(options.env, backend, capabilities),
      cwd: workingDirectory(ACTION, options.cwd, backend),
      command,
      hosts,
    },
  };
}

function count(option: string, value: unknown, min: number): number {
  return value === undefined || value === Infinity ? Infinity : integer(ACTION, option, value, min);
}

function memoryLimit(bytes: unknown, backend: BackendName, capabilities: Capabilities): number | undefined {
  if (bytes === undefined || bytes === Infinity) return undefined;
  if (capabilities.engine === "web") {
    throw refusal(
      `Cannot ${ACTION}: \`memoryLimit\` does not go with \`permissions\`: running out of memory under a scope ends the ` +
        "process: leave one of them out, or limit the memory of the whole process (a container, systemd-run -p MemoryMax=)",
    );
  }
  if (!capabilities.memoryLimit) {
    throw refusal(
      `Cannot ${ACTION}: \`memoryLimit\` needs workers with memory of their own, not ${show(backend)}: leave it out, ` +
        'or use backend "worker"',
    );
  }
  return integer(ACTION, "memoryLimit", bytes, MIN_MEMORY);
}

function recycleAt(bytes: unknown, backend: BackendName, { engine }: Capabilities): number | undefined {
  if (bytes === undefined || bytes === Infinity) return undefined;
  if (engine === "loop") {
    throw refusal(
      `Cannot ${ACTION}: \`recycleAt\` needs workers with memory of their own, not ${show(backend)}: leave it out, ` +
        'or use backend "worker"',
    );
  }
  return integer(ACTION, "recycleAt", bytes, MIN_MEMORY);
}

function environment(
  env: unknown,
  backend: BackendName,
  { isolated, engine }: Capabilities,
): Record<string, string> | undefined {
  if (env === undefined) return undefined;
  if (engine === "web") {
    throw refusal(`Cannot ${ACTION}: \`env\` does not go with \`permissions\`: name there what may be read`);
  }
  if (!isolated) {
    throw refusal(
      `Cannot ${ACTION}: \`env\` needs workers with globals of their own, not ${show(backend)}: leave it out, or use ` +
        'backend "worker"',
    );
  }
  if (!isOptions(env)) {
    throw badOption(ACTION, "env", env, "an object of strings", false);
  }
  for (const [key, value] of Object.entries(env)) {
    if (typeof value !== "string") throw badOption(ACTION, `env.${key}`, value, "a string", false);
  }
  return { ...env };
}
