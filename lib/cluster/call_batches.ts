/**
 * Which calls go into one BullMQ job. A job costs the submitter, Redis and the host about 0.7 ms together, whatever it
 * carries. So short calls of one task that are sent at the same time share a job, as they share a message to a thread.
 *
 * A batch has {@linkcode BATCH_TIME} of work at most, by what the last calls of the task took. A host that finds it to take
 * longer returns what it has not started (job_run.ts).
 *
 * @module
 */
import type { Source } from "../protocol/messages.ts";
import type { SentModules } from "./sent_modules.ts";
import type { WatchedCall } from "./watched_call.ts";

/** Milliseconds of work in a batch at most: what the scheduler gives a thread ahead, too. */
const BATCH_TIME = 2;
/** Maximum number of calls in a batch. With more, the submitter would wait for the host, and the host for the submitter. */
const MAX_CALLS = 32;
/** Maximum length of a call that shares a job: others cost more for what they carry. */
const MAX_LENGTH = 2 ** 10;
/** Weight of the newest call in a task's running average. */
const WEIGHT = 0.3;

/** A task, as an executor takes its calls. */
export class CallTask {
  /** The name that dashboards show. */
  readonly name: string;
  /** A packed task. */
  readonly text: string;
  /** The local modules that it needs. */
  readonly urls: readonly string[];
  #runTime = Infinity;

  constructor(source: Source, text: string, urls: readonly string[]) {
    this.name = "url" in source ? source.name : "inline";
    this.text = text;
    this.urls = urls;
  }

  /** Milliseconds that a call takes on a host, a running average; `Infinity` before the first one has ended. */
  get runTime(): number {
    return this.#runTime;
  }

  /** Adds what a call took. */
  measured(ms: number): void {
    this.#runTime = this.#runTime === Infinity ? ms : this.#runTime + WEIGHT * (ms - this.#runTime);
  }
}

/** A call, as an executor takes it. */
export interface NewCall {
  readonly task: CallTask;
  /** A packed {@linkcode JobCall}. */
  readonly text: string;
  /** Calls with a higher number go first. */
  readonly priority: number;
  /** Whether it may share a job with others. */
  readonly mayShare: boolean;
}

/** A call that waits to be sent. */
export interface OutgoingCall extends NewCall {
  readonly watched: WatchedCall;
  readonly modules: SentModules | undefined;
}

/** Puts calls into batches, in their order. */
export function toBatches(calls: readonly OutgoingCall[]): OutgoingCall[][] {
  const batches: OutgoingCall[][] = [];
  let room = 0;
  for (const call of calls) {
    const batch = batches.at(-1);
    if (batch && batch.length < room && isLike(batch[0], call)) batch.push(call);
    else {
      batches.push([call]);
      room = shares(call) ? Math.min(MAX_CALLS, BATCH_TIME / call.task.runTime) : 1;
    }
  }
  return batches;
}

function isLike(a: OutgoingCall, b: OutgoingCall): boolean {
  return a.task === b.task && a.priority === b.priority && a.modules === b.modules && shares(b);
}

function shares({ mayShare, text }: OutgoingCall): boolean {
  return mayShare && text.length <= MAX_LENGTH;
}
