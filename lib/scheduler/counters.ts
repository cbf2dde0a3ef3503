/**
 * `Counters`: what a pool has done so far, and `Observer`: an interface that the scheduler reports events to.
 *
 * @module
 */
import { Histogram } from "../core/histogram.ts";
import type { Death } from "../transport/transport.ts";
import type { Job, Outcome } from "./job.ts";

/** Counts of one pool. */
export class Counters {
  fulfilled = 0;
  rejected = 0;
  cancelled = 0;
  retried = 0;
  workersStarted = 0;
  workersCrashed = 0;
  readonly wait: Histogram = new Histogram();
  readonly run: Histogram = new Histogram();

  /** Counts a call that has ended, after its last attempt. */
  callEnded(outcome: Outcome): void {
    this[outcome]++;
  }

  /** Counts a worker that has ended by itself. */
  workerDied(death: Death): void {
    if (death.reason !== "terminated" && death.reason !== "finalizer") this.workersCrashed++;
  }
}

/** Receives the events of a scheduler. */
export interface Observer {
  workerStarted(workerId: number): void;
  workerEnded(workerId: number, death: Death): void;
  /** A call was sent to a worker. */
  callSent(job: Job, index: number, attempt: number, workerId: number): void;
  /** An attempt of a call has ended. */
  callEnded(job: Job, index: number, outcome: Outcome, workerId: number): void;
  /** The last unfinished job has finished. */
  drained(): void;
}
