/**
 * `Counters`: what a pool has done so far.
 *
 * @module
 */
import { Histogram } from "../core/histogram.ts";
import type { Death } from "../transport/transport.ts";
import { SlowestCalls } from "./slowest_calls.ts";
import type { Outcome } from "./job.ts";

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
  readonly transfer: Histogram = new Histogram();
  readonly slowest: SlowestCalls = new SlowestCalls();

  /** Counts a call that has ended, after its last attempt. */
  callEnded(outcome: Outcome): void {
    this[outcome]++;
  }

  /** Counts a worker that has ended by itself. */
  workerDied(death: Death): void {
    if (death.reason !== "terminated" && death.reason !== "finalizer") this.workersCrashed++;
  }
}
