/**
 * Single calls on a scheduler with manual workers (manual_worker.ts).
 *
 * @module
 */
import { UnobservedFailures } from "../../lib/future/unobserved_failures.ts";
import { CallJob } from "../../lib/pool/call_job.ts";
import type { CallOptions } from "../../lib/pool/call_options.ts";
import type { Scheduler } from "../../lib/scheduler/scheduler.ts";
import type { TaskEntry } from "../../lib/scheduler/job.ts";
import { manualScheduler } from "./manual_worker.ts";

const OPTIONS: CallOptions = {
  timeout: undefined,
  deadline: undefined,
  signal: undefined,
  retry: undefined,
  given: {},
  nested: false,
  context: undefined,
};

/** Submits a call, which may move values, and returns its future. */
export function submitTo(
  pool: { scheduler: Scheduler; failures: UnobservedFailures },
  task: TaskEntry,
  arg: unknown,
  options: Partial<CallOptions> = {},
  transfer: Transferable[] = [],
) {
  const copy = { args: [arg], transfer, handles: false, shares: undefined, refused: undefined };
  const call = new CallJob(pool, task, copy, { ...OPTIONS, ...options }, undefined, undefined);
  call.enqueue();
  return call.future;
}

/** Makes a scheduler; `submit` submits a call to it, and `end` ends it. */
export function callScheduler(killGrace = 20) {
  const { fleet, scheduler, task } = manualScheduler({ killGrace, taskTakes: 0.3 });
  const failures = new UnobservedFailures();
  const submit = (arg: unknown, options?: Partial<CallOptions>) =>
    submitTo({ scheduler, failures }, task, arg, options);
  const end = async () => {
    await scheduler.terminate();
    failures[Symbol.dispose]();
  };
  return { fleet, scheduler, submit, end };
}
