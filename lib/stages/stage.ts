/**
 * The two kinds of stage: `ioStage()` calls a function on this thread by `pooled()`, `cpuStage()` runs a task on workers by
 * `Pool.imap()`.
 *
 * @module
 */
import type { Input } from "../core/input.ts";
import { type RetryOptions, retryPolicy } from "../core/retry.ts";
import { badOption, count, integer, isA, knownOptions, type MedianLimit, timeLimit } from "../core/validate.ts";
import type { Settled } from "../future/on_error.ts";
import type { PooledContext } from "../io/context.ts";
import { type PooledOptions, pooledPlan } from "../io/options.ts";
import type { BackendName } from "../pool/backends.ts";
import { Pool } from "../pool/pool.ts";
import { pooled } from "../pooled.ts";
import { isTask, type Task } from "../task/task.ts";

/** Options of {@linkcode Stages.io}, with the meaning that they have in {@linkcode PooledOptions}. */
export type IoStageOptions = Pick<
  PooledOptions,
  "concurrency" | "adaptive" | "buffer" | "timeout" | "retry" | "rate"
>;

/** Options of {@linkcode Stages.cpu}. */
export interface CpuStageOptions {
  /** Number of workers of the stage's own pool, which ends with the run. @default {the number of usable cores} */
  workers?: number;
  /** A pool to run on, instead of one of the stage's own: several stages can share it. It stays open. */
  pool?: Pool<BackendName>;
  /** Maximum number of items that a worker is sent at a time. @default {"auto"} */
  chunkSize?: number | "auto";
  /** Maximum number of items in this stage: waiting, running, or waiting for the next stage. @default {16 for each worker} */
  buffer?: number;
  /** Maximum run time of one item, in milliseconds, or `"5x median"`. @default {the task's, else the pool's} */
  timeout?: number | MedianLimit;
  /** Number of retries of a failed item, or a whole policy. @default {the task's, else the pool's} */
  retry?: number | RetryOptions;
}

/** What the stages of one run have in common. */
export interface StageRun {
  readonly ordered: boolean;
  readonly signal: AbortSignal;
  /** Pools that stages have made; the run ends them when it is over. */
  readonly pools: Pool[];
}

/** A stage of a pipeline. */
export interface Stage {
  /** Name of its function or task. */
  readonly name: string;
  /** Starts the stage: reads `items` no faster than its results are read. Each outcome has the index of its item. */
  open(items: Input<unknown>, run: StageRun): AsyncIterable<Settled<unknown>>;
}

/** A function of items, as a stage has it. */
export type StageFunction = (item: unknown, context: PooledContext) => unknown;

const IO = "add stage with io";
const CPU = "add stage with cpu";

/** Makes a stage of a function on this thread. */
export function ioStage(fn: StageFunction, options: IoStageOptions): Stage {
  if (typeof fn !== "function") throw badOption(IO, "fn", fn, "a function", false);
  knownOptions(IO, options, ["concurrency", "adaptive", "buffer", "timeout", "retry", "rate"]);
  pooledPlan(IO, options, fn); // For its checks only.
  return {
    name: fn.name || "io",
    open: (items, { ordered, signal }) => pooled(items, fn, { ...options, ordered, signal, onError: "settle" }),
  };
}

/** Makes a stage of a task on workers. */
export function cpuStage(task: Task<[unknown], unknown>, options: CpuStageOptions): Stage {
  if (!isTask(task as unknown)) {
    throw badOption(CPU, "task", task, "a task: tasks(url).name, task(import.meta, fn) or inline(fn)", false);
  }
  knownOptions(CPU, options, ["workers", "pool", "chunkSize", "buffer", "timeout", "retry"]);
  const { workers, pool, ...map } = options;
  if (pool !== undefined && !isA(pool, Pool)) throw badOption(CPU, "pool", pool, "a Pool", false);
  if (workers !== undefined) {
    integer(CPU, "workers", workers, 1);
    if (pool) {
      throw badOption(CPU, "workers", workers, "no value together with `pool`, which has workers of its own", true);
    }
  }
  if (map.chunkSize !== undefined && map.chunkSize !== "auto") integer(CPU, "chunkSize", map.chunkSize, 1);
  if (map.buffer !== undefined) count(CPU, "buffer", map.buffer, 1);
  timeLimit(CPU, "timeout", map.timeout);
  retryPolicy(CPU, map.retry);
  const name = task.name || "cpu";
  return {
    name,
    open: (items, { ordered, signal, pools }) => {
      const imapOptions = { ...map, ordered, signal, onError: "settle" } as const;
      if (pool) return pool.imap(task, items, imapOptions);
      const own = new Pool({ workers, name: `pool of stage ${name}` });
      pools.push(own);
      return own.imap(task, items, imapOptions);
    },
  };
}
