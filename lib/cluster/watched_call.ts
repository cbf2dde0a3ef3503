/**
 * `WatchedCall`: what an executor knows about a call that has not ended.
 *
 * ```
 * unsent --sent--> sent --a host has its job--> started --> over
 *   ^________________________ returned ___________|
 * ```
 *
 * @module
 */
import type { ControlRequest, JobFailure, JobNews, JobResult } from "./wire.ts";

/** What happens to a call. After `ended` or `failed` there is nothing more. */
export interface CallEvents {
  started(): void;
  news(news: JobNews): void;
  ended(result: JobResult): void;
  failed(failure: JobFailure): void;
}

/** A job in Redis, with the calls of it that have not ended. */
export interface WatchedJob {
  readonly id: string;
  /** How many calls it was sent with. */
  readonly size: number;
  /** By their index in the job. */
  readonly calls: Map<number, WatchedCall>;
  /** Number of sweeps that found no job. Its `add` may be under way. */
  misses: number;
  /** Called when the last of them has ended. */
  readonly onEnd: (() => void) | undefined;
}

/** A call that has not ended. */
export class WatchedCall {
  readonly events: CallEvents;
  /** The job that contains the call; `undefined` while the call is unsent. */
  job: WatchedJob | undefined;
  /** The position of the call in the job. */
  index = 0;
  /** The last control message to the host, which may have been lost. */
  control: ControlRequest | undefined;
  isStarted = false;
  isOver = false;

  constructor(events: CallEvents) {
    this.events = events;
  }

  /** How far the call is, by the reports that this side has received. */
  get state(): "unsent" | "sent" | "started" | "over" {
    if (this.isOver) return "over";
    if (!this.job) return "unsent";
    return this.isStarted ? "started" : "sent";
  }

  /** A host has its job, or it has news. */
  start(): void {
    if (this.isStarted) return;
    this.isStarted = true;
    this.events.started();
  }

  /** Redis may have its job from now on. */
  joinJob(job: WatchedJob, index: number): void {
    this.job = job;
    this.index = index;
  }

  /** Takes the call out of its job: the call is over, or its host has returned it. The job has no more events for it. */
  leaveJob(): WatchedJob | undefined {
    const { job } = this;
    job?.calls.delete(this.index);
    this.job = undefined;
    return job;
  }
}
