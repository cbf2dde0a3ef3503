/**
 * Checks what a pool is constructed with, once, and completes it.
 *
 * @module
 */
import { type RateOptions, rateOptions } from "../core/rate.ts";
import { bad, duration, integer, knownOptions, MAX_DELAY, oneOf, show } from "../core/validate.ts";
import { clone, type Snapshot, transferError } from "../protocol/envelope.ts";
import { type RetryOptions, retryPolicy } from "../core/retry.ts";
import { Task } from "../task/task.ts";
import type { Hook, Setup } from "../transport/transport.ts";
import { type Backend, type BackendName, BACKENDS, type Capabilities, cpuCount, SCOPED } from "./backends.ts";
import type { PoolOptions } from "./options.ts";
import { checkPermissions } from "./permissions.ts";
import { warnOfPrompts } from "./prompts.ts";
import { checkWorkerOptions } from "./worker_options.ts";

/** Options with every default filled in. */
export interface CheckedOptions {
  backend: BackendName;
  name: string;
  workers: number;
  minWorkers: number;
  idleTimeout: number | undefined;
  maxTasks: number;
  timeout: number | undefined;
  retry: number | RetryOptions | undefined;
  killGrace: number;
  maxQueue: number;
  rate: Required<RateOptions> | undefined;
  /** What its workers are and can do. */
  engine: Backend;
  /** What the workers are told. */
  setup: Omit<Setup, "modules">;
}

const NAMES = [
  "backend",
  "name",
  "workers",
  "minWorkers",
  "idleTimeout",
  "maxTasksPerWorker",
  "concurrencyPerWorker",
  "initializer",
  "initArgs",
  "finalizer",
  "timeout",
  "retry",
  "killGrace",
  "maxQueue",
  "rate",
  "memoryLimit",
  "permissions",
  "env",
] as const;

const CALL = "create pool";
/** What an idle worker needs for itself, in bytes; a limit below it would end every worker at its start. */
const LEAST_MEMORY = 32 * 2 ** 20;

/** Checks the options of a pool. */
export function checkPoolOptions(given: number | PoolOptions | undefined): CheckedOptions {
  const options: PoolOptions = typeof given === "number" ? { workers: given } : given ?? {};
  knownOptions(CALL, options, NAMES);
  const backend = oneOf(CALL, "backend", options.backend ?? "worker", Object.keys(BACKENDS) as BackendName[]);
  const permissions = checkPermissions(CALL, options.permissions);
  if (permissions) {
    if (backend !== "worker") throw bad(CALL, "permissions", options.permissions, 'a backend of "worker"', false);
    checkWorkerOptions(CALL);
    warnOfPrompts();
  }
  const engine = permissions ? SCOPED : BACKENDS[backend];
  const { capabilities } = engine;
  retryPolicy(CALL, options.retry);
  if (options.name !== undefined && typeof options.name !== "string") {
    throw bad(CALL, "name", options.name, "a string", false);
  }
  const workers = integer(CALL, "workers", options.workers ?? (capabilities.parallel ? cpuCount() : 32), 1);
  const minWorkers = integer(CALL, "minWorkers", options.minWorkers ?? 0, 0);
  if (minWorkers > workers) {
    throw bad(CALL, "minWorkers", minWorkers, `at most as many as \`workers\`, ${workers}`, true);
  }
  const timeout = duration(CALL, "timeout", options.timeout);
  return {
    backend,
    name: options.name ?? "pool",
    workers,
    minWorkers,
    idleTimeout: duration(CALL, "idleTimeout", options.idleTimeout),
    maxTasks: count("maxTasksPerWorker", options.maxTasksPerWorker, 1),
    timeout,
    retry: options.retry,
    // No timer waits for ever; the longest one is as good.
    killGrace: duration(CALL, "killGrace", options.killGrace ?? 200) ?? MAX_DELAY,
    maxQueue: count("maxQueue", options.maxQueue, 0),
    rate: rateOptions(CALL, options.rate),
    engine,
    setup: {
      workers,
      initializer: hook("initializer", options.initializer, options.initArgs ?? [], capabilities),
      finalizer: hook("finalizer", options.finalizer, [], capabilities),
      concurrency: integer(CALL, "concurrencyPerWorker", options.concurrencyPerWorker ?? 1, 1),
      timeout,
      memoryLimit: memoryLimit(options.memoryLimit, backend, capabilities),
      permissions,
      env: environment(options.env, backend, capabilities),
    },
  };
}

function count(option: string, value: unknown, least: number): number {
  return value === undefined || value === Infinity ? Infinity : integer(CALL, option, value, least);
}

function hook(option: string, task: unknown, args: unknown, capabilities: Capabilities): Hook | undefined {
  if (!Array.isArray(args)) throw bad(CALL, "initArgs", args, "an array of arguments", false);
  if (task === undefined) {
    if (args.length === 0) return undefined;
    throw new TypeError(
      `Cannot ${CALL}: \`initArgs\` is ${
        show(args)
      } without an \`initializer\` that takes them: give one, or leave it out`,
    );
  }
  const { isolated } = capabilities;
  const { args: copied, handles } = isolated ? copyOf(args) : { args, handles: false };
  if (task instanceof Task) {
    // A function that cannot run elsewhere is reported by the first worker that tries.
    return { source: task.source, localFunction: isolated ? undefined : task.local, args: copied, handles };
  }
  if (typeof task === "function" && !isolated) {
    return { source: { source: "" }, localFunction: task as () => unknown, args: copied, handles };
  }
  throw bad(CALL, option, task, "a task: tasks(url).name, task(import.meta, fn) or inline(fn)", false);
}

function copyOf(args: unknown[]): Snapshot {
  try {
    return clone(args, []);
  } catch (error) {
    throw transferError(args, "initArgs", "argument", (error as Error).cause);
  }
}

function memoryLimit(bytes: unknown, backend: BackendName, capabilities: Capabilities): number | undefined {
  if (bytes === undefined || bytes === Infinity) return undefined;
  if (capabilities.permissions) {
    throw new TypeError(
      `Cannot ${CALL}: \`memoryLimit\` does not go with \`permissions\`: running out of memory under a scope ends the ` +
        "process, so leave one of them out",
    );
  }
  if (!capabilities.memoryLimit) {
    throw new TypeError(
      `Cannot ${CALL}: \`memoryLimit\` needs workers with memory of their own, not ${show(backend)}: leave it out, ` +
        'or use backend "worker"',
    );
  }
  return integer(CALL, "memoryLimit", bytes, LEAST_MEMORY);
}

function environment(
  env: unknown,
  backend: BackendName,
  { isolated, permissions }: Capabilities,
): Record<string, string> | undefined {
  if (env === undefined) return undefined;
  if (permissions) {
    throw new TypeError(`Cannot ${CALL}: \`env\` does not go with \`permissions\`: name there what may be read`);
  }
  if (!isolated) {
    throw new TypeError(
      `Cannot ${CALL}: \`env\` needs workers with globals of their own, not ${show(backend)}: leave it out, or use ` +
        'backend "worker"',
    );
  }
  if (typeof env !== "object" || env === null || Array.isArray(env)) {
    throw bad(CALL, "env", env, "an object of strings", false);
  }
  for (const [key, value] of Object.entries(env)) {
    if (typeof value !== "string") throw bad(CALL, `env.${key}`, value, "a string", false);
  }
  return { ...env };
}
