/**
 * `JobRun`: one run of the calls of a job on a worker host.
 *
 * The calls of a batch run on one worker, one after another. If that takes longer than {@linkcode BATCH_LIMIT}, some call
 * takes longer than its task usually does: the host reports what has ended, and returns what it has not started, so that
 * nothing waits behind that call while other workers are free.
 *
 * @module
 */
import { errorText } from "../core/error_text.ts";
import { ClusterError } from "../core/errors.ts";
import { performance, Promise as RuntimePromise } from "../core/platform.ts";
import { clearTimeout, setTimeout, type Timer } from "../core/timer.ts";
import { MAX_DELAY } from "../core/validate.ts";
import { encodeThrown } from "../protocol/error_record.ts";
import { CallFailure } from "./call_failure.ts";
import { hadHost, takenBack } from "./claim.ts";
import type { HostCall } from "./host_call.ts";
import type { HostCalls } from "./host_calls.ts";
import type { HostTask, HostTasks } from "./host_tasks.ts";
import type { HostWorker } from "./host_worker.ts";
import type { HostWorkers } from "./host_workers.ts";
import { JobReports } from "./job_reports.ts";
import { withSubmitterUrls } from "./module_urls.ts";
import { pack, unpack } from "./pack.ts";
import type { Job, Redis } from "./packages.ts";
import { packResult } from "./size_limit.ts";
import {
  type CallEnd,
  callKey,
  failedReason,
  HAS_KEY,
  type JobCall,
  type JobData,
  type JobEnds,
  type JobResult,
  LARGE,
  resultKey,
} from "./wire.ts";

/** Milliseconds that a batch may run until its host returns what it has not started: it is made for 2. */
const BATCH_LIMIT = 50;
/** Milliseconds after which a host reports that a job runs. A shorter job ends without such a report. */
const START_REPORT = 20;
/** Milliseconds between two checks whether a call with a time limit has started. */
const START_CHECK = 5;
/** Milliseconds beyond its time limit after which a host stops a call that its submitter has not stopped. */
const SUBMITTER_GRACE = 5_000;
/** Workers in a row that may end without having started a call, because an earlier job has left code that blocks them. */
const MAX_TRIALS = 3;

const NONE: ReadonlySet<number> = new Set();

/** What the jobs of a host have in common. */
export interface HostParts {
  readonly client: Redis;
  readonly tasks: HostTasks;
  readonly workers: HostWorkers;
  readonly calls: HostCalls;
}

/**
 * Runs the calls of a job. Resolves to its result for BullMQ.
 *
 * @param key The key of the job in Redis.
 * @throws {Error} If its only call fails, or none of them can run. The message is the reason for BullMQ.
 */
export async function runJob(job: Job, key: string, parts: HostParts): Promise<string | JobEnds> {
  const { task: text, calls, modules }: JobData = job.data;
  let task: HostTask;
  let off: ReadonlySet<number> = NONE;
  try {
    if (hadHost(job)) throw lost("the host that ran it was lost");
    if (calls.length > 1) off = await takenBack(parts.client, key);
    task = await parts.tasks.prepare(text, modules);
  } catch (error) {
    throw new Error(reasonOf(error));
  }
  const ends = await new JobRun(job, key, task, off, parts).run();
  if (calls.length > 1) return { ends };
  const [[, end, endText]] = ends;
  if (end === "failure") throw new Error(endText);
  return endText;
}

class JobRun {
  readonly #job: Job;
  readonly #key: string;
  readonly #task: HostTask;
  readonly #parts: HostParts;
  readonly #calls: readonly string[];
  readonly #ends: CallEnd[] = [];
  // The calls that no worker has, by their index.
  #waiting: number[];
  readonly #running = new Map<number, HostCall>();
  #timer: Timer | undefined;
  // Set from when its first call was sent to a worker.
  #startReport: Timer | undefined;
  // Whether what has not started is returned.
  #isLate = false;
  readonly #reports: JobReports;

  constructor(job: Job, key: string, task: HostTask, off: ReadonlySet<number>, parts: HostParts) {
    this.#job = job;
    this.#key = key;
    this.#task = task;
    this.#parts = parts;
    this.#calls = (job.data as JobData).calls;
    this.#reports = new JobReports(job, this.#calls.length > 1 ? this.#ends : []);
    this.#waiting = [...this.#calls.keys()].filter((index) => !off.has(index));
  }

  async run(): Promise<CallEnd[]> {
    const { workers } = this.#parts;
    let trials = 0;
    while (this.#waiting.length > 0) {
      let worker: HostWorker;
      try {
        worker = await workers.acquire(this.#task);
      } catch (error) {
        for (const index of this.#waiting.splice(0)) this.#failed(index, error);
        break;
      }
      const before = this.#ends.length;
      const isLast = ++trials === MAX_TRIALS;
      const part = this.#waiting.splice(0, worker.room);
      try {
        await RuntimePromise.all(part.map((index) => this.#runOn(worker, index, isLast)));
      } finally {
        workers.release(worker);
      }
      if (this.#ends.length > before) trials = 0;
    }
    clearTimeout(this.#timer);
    clearTimeout(this.#startReport);
    await this.#reports.written;
    return this.#ends;
  }

  async #runOn(worker: HostWorker, index: number, isLast: boolean): Promise<void> {
    const { calls } = this.#parts;
    const key = callKey(this.#job.id!, index);
    const given = unpack<JobCall>(this.#calls[index]);
    let timer: Timer | undefined;
    let start = 0;
    // The submitter keeps the time limit, as that of every other backend, and hears when it begins. The host keeps it for a
    // call that its submitter has left behind.
    const checkStart = (timeout: number): void => {
      if (!call.isStarted) return void (timer = setTimeout(() => checkStart(timeout), START_CHECK));
      timer = setTimeout(() => call.kill(), Math.min(MAX_DELAY, timeout + SUBMITTER_GRACE));
      this.#reports.add(index, pack({ kind: "started" }));
    };
    const call = worker.run(this.#task, given, {
      sent: () => {
        start = performance.now();
        this.#startReport ??= setTimeout(() => this.#reports.write(), START_REPORT);
        if (this.#calls.length > 1) this.#timer ??= setTimeout(() => this.#checkTime(worker), BATCH_LIMIT);
        if (given.timeout !== undefined) checkStart(given.timeout);
      },
      news: (news) => this.#reports.add(index, pack(news)),
    });
    this.#running.set(index, call);
    calls.add(key, call);
    try {
      const { value, errors } = await call.end;
      await this.#returned(index, { value, errors, ms: worker.runTime ?? performance.now() - start });
    } catch (error) {
      if (!(error instanceof CallFailure && error.isUnstarted) || (isLast && !this.#isLate)) this.#failed(index, error);
      else if (this.#isLate) this.#ends.push([index, "returned", ""]);
      else this.#waiting.push(index);
    } finally {
      clearTimeout(timer);
      this.#running.delete(index);
      calls.delete(key);
    }
  }

  async #returned(index: number, result: JobResult): Promise<void> {
    const packed = packResult(result, this.#task.sizeLimit);
    if (packed.length <= LARGE) return void this.#ends.push([index, "result", packed]);
    const { retention }: JobData = this.#job.data;
    await this.#parts.client.set(resultKey(this.#key, index), packed, "EX", retention);
    this.#ends.push([index, "result", HAS_KEY]);
  }

  #failed(index: number, error: unknown): void {
    const { moved } = this.#task;
    this.#ends.push([index, "failure", reasonOf(moved ? withSubmitterUrls(error, moved.folder, moved.base) : error)]);
  }

  #checkTime(worker: HostWorker): void {
    this.#timer = undefined;
    if (worker.isLoading) return void (this.#timer = setTimeout(() => this.#checkTime(worker), BATCH_LIMIT));
    this.#isLate = true;
    for (const index of this.#waiting.splice(0)) this.#ends.push([index, "returned", ""]);
    for (const call of this.#running.values()) call.withdraw();
    // The ends of those that were withdrawn are there when it is written.
    this.#reports.write();
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof CallFailure) return failedReason(error.message, error.failure);
  return failedReason(errorText(error), { kind: "thrown", thrown: encodeThrown(error) });
}

function lost(why: string): CallFailure {
  return new CallFailure({ kind: "death", reason: "terminated", cause: encodeThrown(new ClusterError(why)) }, why);
}
