/**
 * Single calls on a scheduler with manual workers (manual_worker.ts).
 *
 * @module
 */
import { UnobservedFailures } from "../../lib/future/unobserved_failures.ts";
import { CallJob } from "../../lib/pool/call_job.ts";
import type { CallOptions } from "../../lib/pool/pool_job.ts";
import { manualScheduler } from "./manual_worker.ts";

/** Makes a scheduler; `submit` submits a call to it, and `end` ends it. */
export function callScheduler(killGrace = 20) {
  const { fleet, scheduler, task } = manualScheduler({ killGrace, taskTakes: 0.3 });
  const failures = new UnobservedFailures();
  const submit = (arg: unknown, options: Partial<CallOptions> = {}) => {
    const none = {
      timeout: undefined,
      deadline: undefined,
      signal: undefined,
      retry: undefined,
      transfer: [],
      given: {},
      nested: false,
      context: undefined,
    };
    const plan = { ...none, ...options };
    const call = new CallJob(scheduler, task, [arg], plan, failures, undefined);
    call.enqueue();
    return call.future;
  };
  const end = async () => {
    await scheduler.terminate();
    failures[Symbol.dispose]();
  };
  return { fleet, scheduler, submit, end };
}
