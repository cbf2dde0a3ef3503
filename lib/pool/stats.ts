/**
 * The numbers of a pool: what it is doing now, and what it has done.
 *
 * @module
 */
import type { Distribution } from "../core/histogram.ts";
import { performance } from "../core/platform.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { Job } from "../scheduler/job.ts";
import type { Slot, SlotState } from "../scheduler/slot.ts";
import type { SlowCall } from "../scheduler/slowest_calls.ts";

/**
 * Numbers of one pool, as they were at the call of `Pool.stats`. Counts go from the start of the pool on, times are in
 * milliseconds.
 */
export interface PoolStats {
  /** Number of workers in each state. */
  readonly workers: {
    /** Started, but not ready for calls. */
    readonly starting: number;
    /** With at least one call. */
    readonly busy: number;
    /** Without a call. */
    readonly idle: number;
    /** End as soon as the calls they hold have ended. */
    readonly leaving: number;
    /** Started in all. */
    readonly started: number;
    /** Ended without the pool having stopped them. */
    readonly crashed: number;
    /** Abandoned because nothing could stop them, and still running. */
    readonly abandoned: number;
  };
  /** Number of calls, and items of maps, in each state. */
  readonly tasks: {
    /** Calls and maps that no worker holds a part of. */
    readonly waiting: number;
    /** Held by a worker. */
    readonly active: number;
    readonly succeeded: number;
    readonly failed: number;
    readonly cancelled: number;
    /** Failures that no code has observed: no `await`, no handler, no callback. */
    readonly unobserved: number;
    /** Number of retries. */
    readonly retried: number;
  };
  /**
   * Milliseconds from `submit`, or from the end of a retry's wait, until the call was sent to a worker. Items of maps do not
   * wait: they are read when a worker can take them.
   */
  readonly wait: Distribution;
  /** Milliseconds that calls ran. Calls shorter than 1 ms are measured in groups; each counts with the mean of its group. */
  readonly run: Distribution;
  /**
   * Milliseconds that a call spent on neither: on its way, waiting behind another call of its worker's, and its answer
   * waiting for this thread. It is measured as `run` is.
   */
  readonly transfer: Distribution;
  /** The five slowest calls so far, the slowest first; of calls shorter than 1 ms, those that were measured alone. */
  readonly slowest: readonly SlowCall[];
  /** The living workers, in the order of their start. */
  readonly perWorker: readonly WorkerStats[];
}

/** Numbers of one worker. Times are in milliseconds. */
export interface WorkerStats {
  /** The id that `Future.workerId` and the events have. */
  readonly id: number;
  /** What it does now. */
  readonly state: SlotState;
  /** Number of calls that have ended there. */
  readonly ended: number;
  /** From its start until it took calls; until now, if it does not yet. */
  readonly start: number;
  /** In which it had calls, but none ran: the calls or their answers were on their way. */
  readonly wait: number;
  /** In which calls ran. With `concurrencyPerWorker`, time in which several ran counts once. */
  readonly run: number;
  /** Without a call. */
  readonly idle: number;
  /** Share of its time since it took calls in which calls ran, from 0 to 1. */
  readonly share: number;
}

function workerStats(slot: Slot, now: number): WorkerStats {
  const { id, state, ended, startedAt, readyAt, calls, inFlight } = slot;
  if (readyAt === 0) return { id, state, ended, start: now - startedAt, wait: 0, run: 0, idle: 0, share: 0 };
  const life = now - readyAt;
  const idle = slot.idleTime + (inFlight === 0 ? now - slot.idleSince : 0);
  // A call that runs has not been reported.
  const present = slot.isRunning ? now - calls.throughput.lastReport : 0;
  const run = Math.min(calls.throughput.runTime + present, life - idle);
  return { id, state, ended, start: readyAt - startedAt, wait: life - idle - run, run, idle, share: run / life || 0 };
}

/** Reads the numbers of a scheduler; `unobserved` is the number of failures that no code has observed. */
export function poolStats({ abandoned, workerSet, jobs, counters }: Scheduler, unobserved: number): PoolStats {
  const workers = {
    starting: 0,
    busy: 0,
    idle: 0,
    leaving: 0,
    started: counters.workersStarted,
    crashed: counters.workersCrashed,
    abandoned: abandoned.living,
  };
  const now = performance.now();
  let active = 0;
  const heldJobs = new Set<Job>();
  for (const slot of workerSet.slots) {
    active += slot.inFlight;
    for (const { job } of slot.chunks) heldJobs.add(job);
    if (slot.state === "starting") workers.starting++;
    else if (slot.state === "alive") workers[slot.inFlight > 0 ? "busy" : "idle"]++;
    else workers.leaving++;
  }
  return {
    workers,
    tasks: {
      waiting: jobs.size - heldJobs.size,
      active,
      succeeded: counters.fulfilled,
      failed: counters.rejected,
      cancelled: counters.cancelled,
      unobserved,
      retried: counters.retried,
    },
    wait: counters.wait.distribution(),
    run: counters.run.distribution(),
    transfer: counters.transfer.distribution(),
    slowest: counters.slowest.list,
    perWorker: [...workerSet.slots].map((slot) => workerStats(slot, now)),
  };
}
