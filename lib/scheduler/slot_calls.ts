/**
 * The calls of one worker: sends them, takes them back, stops them, and settles each.
 *
 * ```
 * send -> in flight --fulfilled, rejected------------> settled: reported to its job
 *            |  \---stop---> stopping --ended, died--> settled to what stopped it
 *            +--withdraw, reclaim--------------------> taken back: it never ran
 * ```
 *
 * The worker's own life cycle is in slot.ts. Only what is in flight can settle: a hostile or late worker can report on
 * any number, and a report on a call that is not in flight is ignored.
 *
 * @module
 */
import { performance } from "../core/platform.ts";
import { markAbandoned } from "../core/task_errors.ts";
import { MAX_DELAY } from "../core/validate.ts";
import type { CallTimes, Death, Transport } from "../transport/transport.ts";
import { recordSent, sendSeparately, toBatch } from "./batch.ts";
import { InFlight } from "./in_flight.ts";
import type { Chunk, ChunkHolder, Failure, Outcome, TaskEntry } from "./job.ts";
import { PendingStops, type StopOutcome } from "./pending_stops.ts";
import { reportEnded } from "./observers.ts";
import type { OwnedSlot, SlotOwner } from "./slot_owner.ts";
import { Throughput } from "./throughput.ts";
import { TimeLimits } from "./time_limits.ts";
import { crashError, type LostCall, partitionCalls } from "./worker_death.ts";

/** The slot, as its calls see it. */
export interface CallsSlot extends OwnedSlot {
  /** The worker had no call in flight, and is sent calls now, on the `performance.now()` clock. */
  becomesBusy(now: number): void;
  /** The worker has no call in flight. */
  becameIdle(): void;
  /** Stops the worker by force. */
  kill(): void;
}

/** The calls of one slot. */
export class SlotCalls implements ChunkHolder {
  readonly id: number;
  /** Number of calls that have ended on this worker. */
  ended = 0;
  /** The task of a call that was lost when the worker died. */
  lostTask: TaskEntry | undefined;
  /** When a call ran, by the worker's report that comes right before the call's end. */
  timed: { seq: number; times: CallTimes } | undefined;
  /** {@inheritDoc Transport.queuesElsewhere} */
  readonly queuesElsewhere: boolean;
  /** How quickly the worker gets through its calls. */
  readonly throughput: Throughput = new Throughput();
  readonly #slot: CallsSlot;
  readonly #transport: Transport;
  readonly #owner: SlotOwner;
  readonly #inFlight = new InFlight();
  readonly #stops = new PendingStops({
    reclaimAll: () => this.reclaimAll(),
    isRunning: (seq) => this.#transport.isRunning(seq),
    kill: () => this.#slot.kill(),
  });
  readonly #limits = new TimeLimits(this.#inFlight.chunks, this);

  constructor(slot: CallsSlot, transport: Transport, owner: SlotOwner) {
    this.id = slot.id;
    this.#slot = slot;
    this.#transport = transport;
    this.queuesElsewhere = transport.queuesElsewhere === true;
    this.#owner = owner;
  }

  /** How many calls are in flight: sent, and neither settled nor taken back. */
  get inFlight(): number {
    return this.#inFlight.count;
  }

  /** Chunks with calls in flight. */
  get chunks(): readonly Chunk[] {
    return this.#inFlight.chunks;
  }

  /** Sends chunks that are alike, as one batch. A call that cannot be copied fails by itself. */
  send(chunks: Chunk[]): void {
    const now = performance.now(); // Before: a worker may have begun when the transport returns.
    try {
      this.#transport.send(toBatch(this.#inFlight.nextSeq, chunks, now, this.#owner.observer?.timesCalls ?? false));
    } catch (cause) {
      return sendSeparately(chunks, cause, (part) => this.send(part));
    }
    if (this.inFlight === 0) this.#slot.becomesBusy(now);
    for (const chunk of chunks) this.#inFlight.add(chunk, this);
    recordSent(chunks, now, this.id, this.#owner);
    this.#limits.watch(this.#transport, chunks[0].job);
  }

  /** {@inheritDoc ChunkHolder.hasStarted} */
  hasStarted(chunk: Chunk, offset: number): boolean {
    return this.#transport.hasStarted(chunk.firstSeq + offset);
  }

  /** {@inheritDoc ChunkHolder.isRunning} */
  isRunning(chunk: Chunk, offset: number): boolean {
    return this.#transport.isRunning(chunk.firstSeq + offset);
  }

  /** {@inheritDoc ChunkHolder.withdraw} */
  withdraw(chunk: Chunk, offset: number): boolean {
    if (!this.#transport.withdraw(chunk.firstSeq + offset)) return false;
    this.#close(chunk, offset, 1);
    this.#owner.capacityChanged(this.#slot);
    return true;
  }

  /** {@inheritDoc ChunkHolder.stop} */
  stop(chunk: Chunk, offset: number, outcome: Failure, error: unknown): void {
    const isNew = this.#stops.add(chunk.firstSeq + offset, { outcome, error }, this.#owner.killGrace);
    if (isNew) this.signal(chunk, offset, error);
  }

  /** Whether the worker will be stopped by force if a call does not end soon: a new call could be lost with it. */
  get isStopping(): boolean {
    return !this.#stops.isEmpty && this.#owner.killGrace < MAX_DELAY;
  }

  /** Takes back everything that has not started, so that a forced end of the worker loses running calls only. */
  reclaimAll(): void {
    this.reclaim(this.inFlight, true);
  }

  /** {@inheritDoc ChunkHolder.signal} */
  signal(chunk: Chunk, offset: number, reason: unknown): void {
    this.#transport.cancel(chunk.firstSeq + offset, reason);
  }

  /** {@inheritDoc ChunkHolder.grant} */
  grant(chunk: Chunk, offset: number, count: number): void {
    this.#transport.grant(chunk.firstSeq + offset, count);
  }

  /**
   * Takes back up to `goal` of the calls that have not started, from the end, so that another worker can have them. Bound
   * calls, which only this worker may run, stay unless `withBound` is set. Returns whether it took any.
   */
  reclaim(goal: number, withBound = false): boolean {
    const isFree = ({ job }: Chunk) => withBound || (!job.pin && job.affinity === undefined);
    const parts = this.#inFlight.reclaim(goal, isFree, (seq) => this.#transport.withdraw(seq));
    for (const part of parts) this.#owner.putBack(part);
    if (this.inFlight === 0) this.#becameIdle();
    return parts.length > 0;
  }

  /** The worker reports a value that a call yielded or emitted. */
  item(seq: number, value: unknown): void {
    const chunk = this.#inFlight.find(seq);
    chunk?.job.item(chunk.first + seq - chunk.firstSeq, value);
  }

  /** The worker reports the progress of a call. */
  progress(seq: number, done: number, total: number | undefined): void {
    const chunk = this.#inFlight.find(seq);
    chunk?.job.progress(chunk.first + seq - chunk.firstSeq, done, total);
  }

  /** The worker reports that calls have returned, one after another from number `first` on. */
  fulfilled(first: number, values: readonly unknown[]): void {
    for (let at = 0; at < values.length;) {
      const chunk = this.#inFlight.find(first + at);
      const offset = first + at - (chunk?.firstSeq ?? 0);
      // One by one while some call is being stopped: the value of that one does not count.
      const max = this.#stops.isEmpty ? values.length - at : 1;
      const count = chunk?.openFrom(offset, max) ?? 1;
      // `slice` takes longer than the rest of a call's end.
      const part = count === values.length ? values : count === 1 ? [values[at]] : values.slice(at, at + count);
      if (chunk) this.#returned(chunk, offset, part);
      at += count;
    }
  }

  /** The worker reports that a call has thrown. */
  rejected(seq: number, error: unknown): void {
    const chunk = this.#inFlight.find(seq);
    if (chunk) this.#failed(chunk, seq - chunk.firstSeq, "rejected", error);
  }

  /** The worker reports that `count` calls took `ms` milliseconds. `runTime`: the sum of their times, if they overlapped. */
  measured(count: number, ms: number, runTime = ms, now: number = performance.now()): void {
    if (this.throughput.measured(count, ms, runTime, now, this.#owner, this.id)) {
      this.#owner.capacityChanged(this.#slot);
    }
  }

  /** The worker has died: running calls are lost, or settle to what stopped them; the others go back to the backlog. */
  workerDied(death: Death, stopOutcome: StopOutcome | undefined): void {
    this.#limits.clear();
    // With a stop outcome the whole pool is being stopped, and no other worker will run the calls.
    const isLost = (seq: number) => stopOutcome !== undefined || this.#transport.hasStarted(seq);
    const { lost, back } = partitionCalls(this.#inFlight.clear(), isLost);
    for (const call of lost) this.#lose(call, death, stopOutcome);
    for (const chunk of back.reverse()) this.#owner.putBack(chunk); // Each goes to the head.
  }

  #returned(chunk: Chunk, offset: number, values: readonly unknown[]): void {
    const stopped = this.#takeStop(chunk.firstSeq + offset);
    if (stopped) return this.#failed(chunk, offset, stopped.outcome, stopped.error);
    this.#end(chunk, offset, values.length, "fulfilled", undefined);
    chunk.job.fulfill(chunk.first + offset, values, this.id);
  }

  #failed(chunk: Chunk, offset: number, outcome: Failure, error: unknown): void {
    const settled = this.#takeStop(chunk.firstSeq + offset) ?? { outcome, error };
    const item = chunk.items[offset];
    this.#end(chunk, offset, 1, settled.outcome, settled.error);
    chunk.job.fail(chunk.first + offset, settled.outcome, settled.error, this.id, item);
  }

  #end(chunk: Chunk, offset: number, count: number, outcome: Outcome, error: unknown): void {
    const items = this.#owner.observer && chunk.items.slice(offset, offset + count);
    this.ended += count;
    this.throughput.callEnded(chunk, offset);
    this.#close(chunk, offset, count);
    if (items) reportEnded(this.#owner.observer, chunk, offset, items, this, outcome, error);
    if (chunk.open === 0) this.#owner.capacityChanged(this.#slot);
  }

  #lose({ chunk, offset, item }: LostCall, death: Death, stopOutcome: StopOutcome | undefined): void {
    const stopped = this.#stops.take(chunk.firstSeq + offset) ?? stopOutcome;
    if (stopped && death.abandoned) markAbandoned(stopped.error);
    const { outcome, error } = stopped ?? { outcome: "rejected", error: crashError(this.id, death, chunk.job.task) };
    this.ended++;
    this.lostTask = chunk.job.task;
    reportEnded(this.#owner.observer, chunk, offset, [item], this, outcome, error);
    chunk.job.fail(chunk.first + offset, outcome, error, this.id, item);
  }

  // What an ended call settles to, if it was being stopped. After the last such call, the worker may take calls again.
  #takeStop(seq: number): StopOutcome | undefined {
    const stopped = this.#stops.take(seq);
    if (stopped) this.#owner.capacityChanged(this.#slot);
    return stopped;
  }

  #close(chunk: Chunk, offset: number, count: number): void {
    this.#inFlight.close(chunk, offset, count);
    if (this.inFlight === 0) this.#becameIdle();
  }

  #becameIdle(): void {
    this.#limits.clear();
    this.#slot.becameIdle();
  }
}
