/**
 * The options of single calls and streams: merges those of a task with those of its pool, and checks them.
 *
 * @module
 */
import type { AsyncContext } from "../core/async_context.ts";
import { type RetryPolicy, retryPolicy } from "../core/retry.ts";
import { duration } from "../core/validate.ts";
import type { ProgressCounter } from "../progress/counter.ts";
import type { TaskOptions } from "../task/task.ts";
import type { CallLimits } from "../transport/transport.ts";
import type { Capabilities } from "./backends.ts";
import { callLimits } from "./call_limits.ts";
import type { CheckedOptions } from "./check_options.ts";
import { type RunLimits, runLimits } from "./deadlines.ts";
import { checkAffinity } from "./own_workers.ts";

/** The options of every job. */
export interface JobOptions extends RunLimits {
  /** Longest time from the submission of a call to its end, in milliseconds. */
  deadline: number | undefined;
  /** Limits of one call that only a worker process can keep. */
  limits?: CallLimits;
  signal: AbortSignal | undefined;
  /** The task's own options, as given: not merged with those of the pool. */
  given: TaskOptions;
  /** Whether a task of the same pool submits the job, and may wait for it: the job must not need that task's worker. */
  nested: boolean;
  /** {@inheritDoc Job.context} */
  context: AsyncContext | undefined;
  /** Counts the items of a map, if progress was asked for. */
  progress?: ProgressCounter;
}

/** The options of a call. */
export interface CallOptions extends JobOptions {
  retry: RetryPolicy | undefined;
}

/** What the options of a call depend on besides its task. */
interface CallerPool {
  readonly options: CheckedOptions;
  readonly capabilities: Capabilities;
  readonly nested: boolean;
  callContext(): AsyncContext | undefined;
}

/** Checks the options of a call, and adds those of its pool. */
export function checkCallOptions(action: string, given: TaskOptions, core: CallerPool): CallOptions {
  const { options: pool, capabilities } = core;
  checkAffinity(action, given.affinityKey, capabilities);
  const deadline = duration(action, "deadline", given.deadline);
  return {
    ...runLimits(action, capabilities, given.timeout ?? pool.timeout, deadline),
    deadline,
    limits: callLimits(action, given, pool.limits, capabilities, pool.setup.concurrency),
    signal: given.signal,
    retry: retryPolicy(action, given.retry ?? pool.retry, true),
    given,
    nested: core.nested,
    context: core.callContext(),
  };
}
