/**
 * What a pool is doing and has done, as numbers.
 *
 * @module
 */
import type { Distribution } from "../core/histogram.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { Job } from "../scheduler/job.ts";

/** Numbers of one pool; a snapshot. */
export interface PoolStats {
  /** Workers by what they do. */
  readonly workers: {
    /** On their way. */
    readonly starting: number;
    /** With at least one call. */
    readonly busy: number;
    /** Without a call. */
    readonly idle: number;
    /** Ending, once they have done what they hold. */
    readonly leaving: number;
    /** Started in all. */
    readonly started: number;
    /** Ended in another way than being told to. */
    readonly crashed: number;
    /** Given up because nothing could stop them, and not ended yet. */
    readonly abandoned: number;
  };
  /** Calls, and items of maps, by where they stand. */
  readonly tasks: {
    /** Calls and maps of which nothing is with a worker. */
    readonly waiting: number;
    /** With a worker. */
    readonly active: number;
    readonly succeeded: number;
    readonly failed: number;
    readonly cancelled: number;
    /** Further attempts that were made. */
    readonly retried: number;
  };
  /**
   * Milliseconds from `submit`, or from the end of a retry's pause, until a worker was given the call. Items of maps are
   * read when a worker asks for them: they do not wait.
   */
  readonly wait: Distribution;
  /** Milliseconds that calls ran. Calls shorter than 1 ms are measured in lots; each counts with its lot's mean. */
  readonly run: Distribution;
}

/** Counts. */
export function poolStats({ abandoned, workerSet: crew, jobs: works, counters: tally }: Scheduler): PoolStats {
  const workers = {
    starting: 0,
    busy: 0,
    idle: 0,
    leaving: 0,
    started: tally.workersStarted,
    crashed: tally.workersCrashed,
    abandoned: abandoned.living,
  };
  let active = 0;
  const atWork = new Set<Job>();
  for (const slot of crew.slots) {
    active += slot.inFlight;
    for (const { job: work } of slot.chunks) atWork.add(work);
    if (slot.state === "starting") workers.starting++;
    else if (slot.state === "alive") workers[slot.inFlight > 0 ? "busy" : "idle"]++;
    else workers.leaving++;
  }
  return {
    workers,
    tasks: {
      waiting: works.size - atWork.size,
      active,
      succeeded: tally.fulfilled,
      failed: tally.rejected,
      cancelled: tally.cancelled,
      retried: tally.retried,
    },
    wait: tally.wait.distribution(),
    run: tally.run.distribution(),
  };
}
