/**
 * Reports the work of all pools to OpenTelemetry, where the runtime provides it, and to the subscribers of the diagnostics
 * channel `isopool:task`.
 *
 * @module
 */
import { tracingChannel } from "node:diagnostics_channel";
import { openTelemetry } from "../core/opentelemetry.ts";
import type { Job } from "../scheduler/job.ts";
import type { Observer } from "../scheduler/observers.ts";
import { taskName } from "../scheduler/task_name.ts";

/** Reports a pool to OpenTelemetry; `undefined` where that was off when this module was loaded, so that nothing is paid. */
export const reportPool: typeof import("../observe/telemetry.ts").reportPool | undefined = openTelemetry() &&
  (await import("../observe/telemetry.ts")).reportPool;

const channel = tracingChannel<unknown, TaskMessage>("isopool:task");

/** What the channel `isopool:task` publishes: one object for each submit, map or stream, which is filled as it goes on. */
interface TaskMessage {
  readonly pool: string;
  readonly task: string;
  readonly kind: Job["kind"];
  outcome?: "fulfilled" | "rejected" | "cancelled";
  error?: unknown;
}

/** Whether the channel has subscribers. */
export function hasSubscribers(): boolean {
  return channel.hasSubscribers;
}

/** Returns an observer that publishes each job: `start` and `end` at its submission, `asyncStart` and `asyncEnd` at its end. */
export function publisher(pool: string): Partial<Observer> {
  const messages = new WeakMap<Job, TaskMessage>();
  return {
    jobSubmitted(job) {
      const message: TaskMessage = { pool, task: taskName(job.task), kind: job.kind };
      messages.set(job, message);
      channel.start.publish(message);
      channel.end.publish(message);
    },
    jobFinished(job) {
      const message = messages.get(job);
      if (!message) return;
      message.outcome = job.failure?.outcome ?? "fulfilled";
      if (job.failure) {
        message.error = job.failure.error;
        channel.error.publish(message);
      }
      channel.asyncStart.publish(message);
      channel.asyncEnd.publish(message);
    },
  };
}
