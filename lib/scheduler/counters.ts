/**
 * What a pool has done so far, counted as it happens.
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

  /** A call has come to its end, after its last attempt. */
  callEnded(outcome: Outcome): void {
    this[outcome]++;
  }

  /** A worker has ended by itself. */
  workerDied(death: Death): void {
    if (death.reason !== "terminated" && death.reason !== "finalizer") this.workersCrashed++;
  }
}

/** Told what happens, where somebody listens. */
export interface Observer {
  workerStarted(workerId: number): void;
  workerEnded(workerId: number, death: Death): void;
  /** A worker was given a call. */
  callSent(work: Job, index: number, attempt: number, workerId: number): void;
  /** An attempt of a call has ended. */
  callEnded(work: Job, index: number, outcome: Outcome, workerId: number): void;
  /** Nothing is left to do. */
  drained(): void;
}
