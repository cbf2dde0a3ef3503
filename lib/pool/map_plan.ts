/**
 * The plan of one map: its options checked and completed, its task resolved.
 *
 * @module
 */
import { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { Code } from "../checkpoint/code.ts";
import { checkpointPlan } from "../checkpoint/options.ts";
import { type DrainSignal, drainSignal } from "../core/drain_signal.ts";
import type { Input } from "../core/input.ts";
import { anySignal } from "../core/platform.ts";
import { type RetryPolicy, retryPolicy } from "../core/retry.ts";
import { abortSignal, badOption, boolean, count, duration, integer, knownOptions, refusal } from "../core/validate.ts";
import { type OnErrorPlan, onErrorPlan } from "../future/failure_budget.ts";
import { type ProgressCounter, sizeOf } from "../progress/counter.ts";
import { openProgress } from "../progress/progress.ts";
import type { TaskEntry } from "../scheduler/job.ts";
import { describeTask } from "../scheduler/task_name.ts";
import { callLimits } from "./call_limits.ts";
import type { PoolCore } from "./core.ts";
import { checkAffinity } from "./own_workers.ts";
import { runLimits } from "./deadlines.ts";
import type { ImapOptions } from "./map_options.ts";
import type { JobOptions } from "./call_options.ts";

/** What tells the four kinds of map apart. */
export interface MapKind {
  /** Whether items are argument lists (`starmap`). */
  readonly spread: boolean;
  /** Whether the map starts when it is read, and stays near its reader (`imap`). */
  readonly lazy: boolean;
  /** Whether results always come in the order in which they are ready (`imapUnordered`). */
  readonly unordered?: boolean;
}

/** The plan of one map. */
export interface MapPlan extends JobOptions, OnErrorPlan {
  /** What the map's method does, in error messages. */
  action: string;
  task: TaskEntry;
  /** Whether items are argument lists. */
  spread: boolean;
  /** Whether items are copied as they are read. */
  copy: boolean;
  retry: RetryPolicy | undefined;
  /** Maximum number of items in one chunk. */
  chunkSize: number;
  ordered: boolean;
  /** Maximum number of items that run at once. */
  running: number;
  /**
   * Maximum number of items that a lazy map is ahead of its reader; `undefined`: the map starts at once, and does not
   * wait for its reader.
   */
  buffer: number | undefined;
  /** Counts the items that have ended, if progress was asked for. */
  progress: ProgressCounter | undefined;
  /** Records how items end, and gives those that were recorded, if a checkpoint was asked for. */
  recorder: Checkpoint | undefined;
  drainOn: DrainSignal | undefined;
  /** Settles once it is known whether the task's code can run in another isolate. */
  verified: Promise<void> | undefined;
  /** Throws if the pool takes no more calls. */
  checkOpen: () => void;
}

const NAMES = [
  "chunkSize",
  "ordered",
  "timeout",
  "deadline",
  "signal",
  "drainOn",
  "retry",
  "onError",
  "checkpoint",
  "progress",
  "total",
  "label",
] as const;

/** Default of `buffer`: items for each worker that a lazy map may be ahead of its reader. */
const BUFFER_PER_WORKER = 16;

/**
 * Checks and completes the options of one map, and resolves its task.
 *
 * @throws {TypeError | RangeError} If an option, the task, or the combination of both is not valid.
 */
export function planMap(
  core: PoolCore,
  action: string,
  runnable: unknown,
  items: Input<unknown>,
  options: ImapOptions,
  { spread, lazy, unordered }: MapKind,
): MapPlan {
  const checkOpen = () => core.checkOpen(action);
  checkOpen();
  knownOptions(action, options, lazy ? [...NAMES, "buffer"] : NAMES);
  if (unordered) options = unorderedOptions(action, options);
  const pool = core.options;
  const { entry, options: task, verified } = core.resolve(action, runnable);
  if (task.transfer) {
    throw refusal(`Cannot ${action}: the task has \`transfer\`, which names values of one call: use submit()`);
  }
  checkAffinity(action, task.affinityKey, core.capabilities);
  const { chunkSize = "auto", buffer = BUFFER_PER_WORKER * pool.workers } = options;
  const ordered = boolean(action, "ordered", options.ordered, true);
  const deadline = duration(action, "deadline", options.deadline ?? task.deadline);
  const signals = [abortSignal(action, "signal", options.signal), task.signal].filter((signal) => signal !== undefined);
  const checkpoint = checkpointPlan(action, options.checkpoint);
  return {
    action,
    task: entry,
    spread,
    copy: core.capabilities.isolated,
    chunkSize: chunkSize === "auto" ? Infinity : integer(action, "chunkSize", chunkSize, 1),
    ordered,
    ...runLimits(
      action,
      core.capabilities,
      options.timeout === undefined ? task.timeout ?? pool.timeout : options.timeout,
      deadline,
    ),
    deadline,
    limits: callLimits(action, task, pool.limits, core.capabilities, pool.setup.concurrency),
    signal: signals.length > 1 ? anySignal(signals) : signals.at(0),
    drainOn: drainSignal(action, "drainOn", options.drainOn),
    retry: retryPolicy(action, options.retry === undefined ? task.retry ?? pool.retry : options.retry, true),
    ...onErrorPlan(action, options.onError, options.total ?? sizeOf(items)),
    running: pool.workers * pool.setup.concurrency,
    buffer: lazy ? count(action, "buffer", buffer, 1) : undefined,
    given: task,
    nested: core.nested,
    context: core.callContext(),
    verified,
    recorder: checkpoint && new Checkpoint(action, checkpoint, codeOf(entry), describeTask(entry)),
    checkOpen,
    progress: openProgress(action, options, items),
  };
}

function codeOf({ source, localFunction }: TaskEntry): Code {
  if ("url" in source || source.source !== "") return source;
  return { source: Function.prototype.toString.call(localFunction) };
}

function unorderedOptions(action: string, options: ImapOptions): ImapOptions {
  if (options.ordered === false) return options;
  if (options.ordered !== true) return { ...options, ordered: options.ordered ?? false };
  throw badOption(action, "ordered", true, "false: imap() gives the results in input order", true);
}
