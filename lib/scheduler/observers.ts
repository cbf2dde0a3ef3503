/**
 * `Observer`: an interface that a scheduler reports to, and `Observers`: several of them as one.
 *
 * A scheduler without an observer pays one comparison for each chunk of calls.
 *
 * @module
 */
import type { CallTimes, Death } from "../transport/transport.ts";
import type { Chunk, Job, Outcome } from "./job.ts";

/** An attempt of a call that has ended. */
export interface EndedCall {
  readonly job: Job;
  readonly index: number;
  /** Its argument, or its argument list where the job has `spread`. */
  readonly item: unknown;
  readonly attempt: number;
  readonly outcome: Outcome;
  readonly error: unknown;
  readonly workerId: number;
  /** When it ran; `undefined` if no observer asks for times, or if its worker died meanwhile. */
  readonly times: CallTimes | undefined;
}

/** Receives the events of a scheduler. Its methods must not throw. */
export interface Observer {
  /** Whether workers must report when each call ran: one more message for each call. */
  readonly timesCalls: boolean;
  /** A job was admitted, in the context of the code that made it. */
  jobSubmitted(job: Job): void;
  /** A job has finished; `job.failure` says how. */
  jobFinished(job: Job): void;
  workerStarted(workerId: number): void;
  /** A worker is stopped by force. `workerEnded` follows. */
  workerKilled(workerId: number): void;
  workerEnded(workerId: number, death: Death): void;
  /** A call was sent to a worker at time `now`, on the `performance.now()` clock. */
  callSent(job: Job, index: number, attempt: number, workerId: number, now: number): void;
  /** An attempt of a call has ended. */
  callEnded(call: EndedCall): void;
  /** The last unfinished job has finished. */
  drained(): void;
}

/** Passes each report on to several observers, each of which takes a part of the reports. */
export class Observers implements Observer {
  readonly parts: readonly Partial<Observer>[];
  /** {@inheritDoc Observer.timesCalls} */
  readonly timesCalls: boolean;

  constructor(parts: readonly Partial<Observer>[]) {
    this.parts = parts;
    this.timesCalls = parts.some((part) => part.timesCalls);
  }

  /** {@inheritDoc Observer.jobSubmitted} */
  jobSubmitted(job: Job): void {
    for (const part of this.parts) part.jobSubmitted?.(job);
  }

  /** {@inheritDoc Observer.jobFinished} */
  jobFinished(job: Job): void {
    for (const part of this.parts) part.jobFinished?.(job);
  }

  /** {@inheritDoc Observer.workerStarted} */
  workerStarted(workerId: number): void {
    for (const part of this.parts) part.workerStarted?.(workerId);
  }

  /** {@inheritDoc Observer.workerKilled} */
  workerKilled(workerId: number): void {
    for (const part of this.parts) part.workerKilled?.(workerId);
  }

  /** {@inheritDoc Observer.workerEnded} */
  workerEnded(workerId: number, death: Death): void {
    for (const part of this.parts) part.workerEnded?.(workerId, death);
  }

  /** {@inheritDoc Observer.callSent} */
  callSent(job: Job, index: number, attempt: number, workerId: number, now: number): void {
    for (const part of this.parts) part.callSent?.(job, index, attempt, workerId, now);
  }

  /** {@inheritDoc Observer.callEnded} */
  callEnded(call: EndedCall): void {
    for (const part of this.parts) part.callEnded?.(call);
  }

  /** {@inheritDoc Observer.drained} */
  drained(): void {
    for (const part of this.parts) part.drained?.();
  }
}

/** Reports to one more observer from now on. Returns a function that ends this. */
export function observe(owner: { observer: Observers | undefined }, part: Partial<Observer>): () => void {
  owner.observer = new Observers([...owner.observer?.parts ?? [], part]);
  return () => {
    const parts = owner.observer?.parts.filter((each) => each !== part) ?? [];
    owner.observer = parts.length > 0 ? new Observers(parts) : undefined;
  };
}

/** Reports each of the calls of a chunk that have ended alike; `items` are their arguments, and `timed` is of one call. */
export function reportEnded(
  observer: Observer | undefined,
  chunk: Chunk,
  offset: number,
  items: readonly unknown[],
  { id: workerId, timed }: { id: number; timed: { seq: number; times: CallTimes } | undefined },
  outcome: Outcome,
  error?: unknown,
): void {
  const { job, first, attempt } = chunk;
  const times = timed?.seq === chunk.firstSeq + offset ? timed.times : undefined;
  items.forEach((item, i) =>
    observer?.callEnded({ job, index: first + offset + i, item, attempt, outcome, error, workerId, times })
  );
}
