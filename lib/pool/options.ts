/**
 * The options of a pool, as a caller gives them. check_options.ts checks them once, when the pool is created.
 *
 * @module
 */
import type { Task } from "../task/task.ts";
import type { MedianLimit } from "../core/validate.ts";
import type { RetryOptions } from "../core/retry.ts";
import type { RateOptions } from "../core/rate.ts";
import type { BackendName, CustomBackend } from "./backends.ts";
import type { PermissionScope } from "./permissions.ts";

/** Options of {@linkcode Pool}. */
export interface PoolOptions<B extends BackendName = BackendName> {
  /**
   * What tasks run on: `"worker"`, threads of this process; `"process"`, `deno run` children, the only workers that hold
   * against hostile code; or `"async"`, this event loop. A process gives its first result after 0.2 to 0.4 s, and takes
   * about 37 MiB. Queues, pipes and managers reach it; `Value`, `SharedArray`, locks and the like do not, for they are memory
   * of this process.
   *
   * @default {"worker"}
   */
  backend?: B | CustomBackend;
  /** Name of the pool, in messages. @default {"pool"} */
  name?: string;
  /**
   * Maximum number of workers; they start when calls come in. A worker holds 6 file descriptors and a thread. More than 8
   * workers that do not fit into this process's limits (`ulimit -n`, `ulimit -u`) are a `RangeError`; fewer that do not fit
   * are not started: the pool goes on with those that are, and breaks if there are none. The limits are known on Linux, to
   * a script that has all permissions (`-A`). Elsewhere the runtime itself ends the process at a limit.
   *
   * @default {the number of usable cores; 32 for "async", 64 for a cluster}
   */
  workers?: number;
  /** Number of workers that start at once, and stay while they are idle. @default {0} */
  minWorkers?: number;
  /** Milliseconds after which an idle worker ends, down to `minWorkers`. @default {Infinity} */
  idleTimeout?: number;
  /** Number of calls after which a fresh worker replaces a worker, against leaks in what tasks use. @default {Infinity} */
  maxTasksPerWorker?: number;
  /**
   * Memory of a worker in bytes, at least 32 MiB (33,554,432), past which a fresh worker replaces it between calls: what it
   * runs ends, and what waits goes elsewhere. No call fails. A worker runs at least one call.
   *
   * The worker adds up its heap and its ArrayBuffers, what is not collected yet included, ten times a second, while its
   * event loop turns. SharedArrayBuffers and the memory of WebAssembly do not count. Not for backend `"async"`.
   *
   * @default {Infinity}
   */
  recycleAt?: number;
  /**
   * Number of calls that one worker runs concurrently, for tasks that await. When one of them must be stopped by force,
   * the others are lost with their worker: they fail with `WorkerCrashedError`, or run again under `retry`.
   *
   * @default {1}
   */
  concurrencyPerWorker?: number;
  /**
   * Task that runs in each worker before its first call, to set up `context.state`. When it fails three times in a row,
   * the pool is broken. The pool's `timeout` (milliseconds) is its limit, too.
   */
  // deno-lint-ignore no-explicit-any -- the type of `initArgs` follows from it
  initializer?: Task<any[], unknown>;
  /** Arguments of the initializer, copied when the pool is created. */
  initArgs?: unknown[];
  /**
   * Task that runs in each worker before the worker ends, when the pool drains or replaces the worker; not when the worker
   * is stopped by force. Its limit is the pool's `timeout`, else 10 s. Its failure is reported as an unhandled rejection.
   */
  finalizer?: Task<[], unknown>;
  /**
   * Maximum run time of a call in milliseconds, if its task has no limit of its own. Waiting for a worker does not count.
   * `"5x median"`, with any factor above 1, is that multiple of the median of the task's runs in this pool, at least 1 s;
   * until 10 calls have ended there is no limit. It does not limit hooks.
   *
   * A program that the stopped task waits for (`spawnSync`, `Deno.Command.outputSync`) runs on: give it a `timeout` of its
   * own (`spawnSync`), or start it by `new Deno.Command(program, { signal: context.signal })`, which ends it first.
   *
   * @default {Infinity}
   */
  timeout?: number | MedianLimit;
  /**
   * Number of retries of a failed call, or a whole policy, if its task has no `retry` of its own: `2` has as many attempts
   * as `{ maxAttempts: 3 }`. The next attempt starts at once, unless the policy sets `minTimeout`.
   *
   * @default {0}
   */
  retry?: number | RetryOptions;
  /** Milliseconds that a stopped task has between its `context.signal` and force. @default {200} */
  killGrace?: number;
  /**
   * Milliseconds for which calls of a higher priority may go before those of a lower one that wait. After it, the lower
   * priority has one turn, and its time starts again: so no call waits for ever. `Infinity`: strictly by priority.
   *
   * @default {10_000}
   */
  priorityAging?: number;
  /**
   * Maximum number of calls that wait for a worker. A `submit` above it throws a `QueueFullError`; `room()` waits. Maps and
   * streams do not count, because they read their input as workers take it.
   *
   * @default {Infinity}
   */
  maxQueue?: number;
  /** How often calls may start, retries included. @default {no limit} */
  rate?: RateOptions;
  /**
   * Maximum size of a worker's heap, and of its ArrayBuffers together, in bytes, at least 32 MiB (33,554,432). A worker that
   * takes more is replaced, and its call fails with a `WorkerCrashedError` of reason `"oom"`.
   *
   * The runtime limits the heap at any time. It does not count buffers: the worker adds them up ten times a second, while
   * its event loop turns. At the third sum in a row that is too large it collects what is no longer in use, and ends if the
   * rest is still too large. So these are not limited: buffers that a task makes without an `await` (the worker ends after
   * the task has kept them for 0.3 s), SharedArrayBuffers, and the memory of WebAssembly. Nor can the pool see them from
   * outside: the process has one number for all its threads. Only the operating system limits those, and only for the
   * whole process: run it in a container, or under `systemd-run -p MemoryMax=1G`.
   *
   * On backend `"process"` a thread of the worker's own also looks at all memory of the process, 50 times a second, whatever
   * the task does: it may grow by twice the limit and 192 MiB, which leaves room for the heap, the buffers, and those that
   * wait for their collection. Where the program `prlimit` is there and may be run, the kernel refuses 4 GiB more than twice the limit,
   * which counts what is reserved and not used.
   *
   * Not for backend `"async"`, and not on backend `"worker"` together with `permissions`.
   *
   * @default {the runtime's own limit}
   */
  memoryLimit?: number;
  /**
   * Maximum processor time of one attempt in milliseconds, if its task has no limit of its own. All threads of the worker
   * count, those of the compiler and the garbage collector too; a task that waits or sleeps uses none. What the task has
   * started by `run` does not count. A call that uses more loses its worker, and fails with a `WorkerCrashedError` of reason
   * `"cpu"`, at the latest 0.1 s later on an idle machine. A task that deceives its own worker's runtime is stopped by
   * `timeout` only: give both.
   *
   * Backend `"process"` only, and with one call at a time (`concurrencyPerWorker`).
   *
   * @default {Infinity}
   */
  cpuTime?: number;
  /**
   * Maximum number of bytes that one attempt prints to stdout and stderr together, if its task has no limit of its own.
   * What is printed between two calls counts for the one before. A call that prints more loses its worker, and fails with a
   * `WorkerCrashedError` of reason `"output"`; the bytes up to the limit are passed on.
   *
   * Backend `"process"` only, and with one call at a time (`concurrencyPerWorker`).
   *
   * @default {Infinity}
   */
  maxOutput?: number;
  /**
   * Permissions of the tasks, if they are fewer than this script's: `"none"`, or a {@linkcode PermissionScope}.
   *
   * On backend `"process"` they are flags of the child. `"inherit"` gives it each kind of permission that this script has
   * in full; what this script has in part must be named.
   *
   * On backend `"worker"` they need `--unstable-worker-options`, and guard against mistakes, not against attackers: see
   * SECURITY.md. With permissions, running out of memory ends the whole process, and a task that never ends is stopped only
   * before its first `await`, by its `timeout`.
   *
   * @default {"inherit"}
   */
  permissions?: "inherit" | "none" | PermissionScope;
  /**
   * The workers' `process.env`. On backend `"worker"`, `Deno.env` belongs to the whole process, so workers share it. On
   * backend `"process"` it is the whole environment of the child, which inherits nothing.
   *
   * @default {a copy of this script's; nothing on backend "process"}
   */
  env?: Record<string, string>;
  /** The working directory of the workers, for backend `"process"` only. @default {this script's} */
  cwd?: string | URL;
  /**
   * The program through which worker processes are started, with its arguments: `["nice", "-n", "10"]`,
   * `["bwrap", "--ro-bind", "/", "/", "--unshare-net", "--die-with-parent"]`, `["docker", "run", "-i", "--rm", IMAGE]`. For
   * backend `"process"` only. It must pass on stdin and stdout, and find `sh` and `env` where it runs them. It has this
   * script's environment; tasks have what `env` gives, and what the program sets under names that this script's does not have.
   *
   * @default {none}
   */
  command?: readonly string[];
  /**
   * Hosts on which worker processes run, over `ssh`, for backend `"process"` only: `"host"`, `"user@host"`, a name of ssh's
   * configuration, and `"4/host"` for four workers there. `"localhost"` and `":"` are this machine, without ssh. A host
   * without a number has a worker for each of its cores, which is known once it is connected. `workers` limits all together.
   * See docs/hosts.md.
   *
   * @default {this machine}
   */
  hosts?: readonly string[];
  /** Arguments of `ssh`, as `["-p", "2222", "-i", KEY]`. @default {none} */
  ssh?: readonly string[];
}
