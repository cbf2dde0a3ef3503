/**
 * One place for a worker: the calls it holds, their time limits, and what becomes of them when the worker dies. States
 * and invariants: README.md beside this file.
 *
 * @module
 */
import type { Timer } from "../core/timer.ts";
import type { Death, Launch, Transport } from "../transport/transport.ts";
import type { Backlog } from "./backlog.ts";
import { noteSent, sendSeparately, toBatch } from "./batch.ts";
import { crashError, partitionCalls } from "./worker_death.ts";
import { InFlight } from "./in_flight.ts";
import { Throughput } from "./throughput.ts";
import type { SlotOwner } from "./slot_owner.ts";
import { PendingStops, type StopOutcome } from "./pending_stops.ts";
import { afterTimeout, TimeLimits } from "./time_limits.ts";
import { type Chunk, CLOSED, type Failure, type Outcome, type TaskEntry } from "./job.ts";

/** In this order, and a worker can die in each. A retiring one finishes what it holds and takes nothing new. */
export type SlotState = "starting" | "alive" | "retiring" | "leaving" | "dead";

/** One worker of a pool, and the calls it holds. */
export class Slot {
  readonly id: number;
  state: SlotState = "starting";
  /** Calls that have ended here. */
  ended = 0;
  /** When it became idle, on the `performance.now()` clock. */
  idleSince = 0;
  /** How quickly it gets through its calls. */
  readonly throughput: Throughput = new Throughput();
  /** What only this worker may run; made when there is such a thing. */
  boundBacklog: Backlog | undefined;
  /** The task of a call that its death took along. */
  lostTask: TaskEntry | undefined;
  /** How it ended. */
  death: Death | undefined;
  readonly #owner: SlotOwner;
  readonly #transport: Transport;
  readonly #inFlight = new InFlight();
  readonly #stops = new PendingStops();
  readonly #limits = new TimeLimits(
    this.#inFlight.chunks,
    (chunk, offset, error) => this.stop(chunk, offset, "rejected", error),
  );
  #nextSeq = 0;
  // Stops an initializer that does not end.
  #initializerTimer: Timer | undefined;
  #cause: unknown;
  #isReady = false;
  // What all of its calls settle to, when the whole pool is stopped.
  #stopOutcome: StopOutcome | undefined;

  constructor(id: number, launch: Launch, owner: SlotOwner) {
    this.id = id;
    this.#owner = owner;
    this.#transport = launch(id, {
      initializing: () => this.#initializing(),
      ready: () => this.#ready(),
      item: (seq, value) => this.#find(seq, (chunk, offset) => chunk.job.item(chunk.first + offset, value)),
      progress: (seq, done, total) =>
        this.#find(seq, (chunk, offset) => chunk.job.progress(chunk.first + offset, done, total)),
      fulfilled: (first, values) => this.#fulfilled(first, values),
      rejected: (seq, error) => this.#find(seq, (chunk, offset) => this.#failed(chunk, offset, "rejected", error)),
      measured: (count, ms, ran) => this.#measured(count, ms, ran),
      exit: (death) => this.#exit(death),
      abandonedExited: () => owner.abandoned.remove(),
    });
  }

  /** Calls sent and not settled. */
  get inFlight(): number {
    return this.#inFlight.count;
  }

  /** Most calls that it takes at once. */
  get window(): number {
    return this.#transport.window;
  }

  /** How many calls it can take now. */
  get free(): number {
    // What only this worker may run is run before it goes.
    if (this.state === "retiring") return this.#transport.free;
    return Math.min(this.#transport.free, this.#owner.maxTasks - this.ended - this.inFlight);
  }

  /** Sends chunks that are alike, as one batch. A call that cannot be copied fails by itself. */
  send(chunks: Chunk[]): void {
    const { job: work } = chunks[0];
    try {
      this.#transport.send(toBatch(this.#nextSeq, chunks));
    } catch (cause) {
      return sendSeparately(chunks, cause, (part) => this.send(part));
    }
    if (this.inFlight === 0) this.throughput.begin();
    for (const chunk of chunks) {
      chunk.slot = this;
      chunk.firstSeq = this.#nextSeq;
      this.#nextSeq += chunk.items.length;
      this.#inFlight.add(chunk);
    }
    noteSent(chunks, this.id, this.#owner);
    if (work.timeout !== undefined) this.#limits.watch(this.#transport, work.timeout);
    if (this.ended + this.inFlight >= this.#owner.maxTasks) this.retire();
  }

  /** Takes a call back if it has not started. */
  withdraw(chunk: Chunk, offset: number): boolean {
    if (!this.#transport.withdraw(chunk.firstSeq + offset)) return false;
    this.#close(chunk, offset, 1);
    this.#owner.slotChanged(this);
    return true;
  }

  /** Whether a call has started. */
  hasStarted(chunk: Chunk, offset: number): boolean {
    return this.#transport.hasStarted(chunk.firstSeq + offset);
  }

  /** Stops a running call: its signal first, force after the grace period. */
  stop(chunk: Chunk, offset: number, outcome: StopOutcome["outcome"], error: unknown): void {
    const isNew = this.#stops.add(
      chunk.firstSeq + offset,
      { outcome, error },
      this.#owner.killGrace,
      () => this.kill(),
    );
    if (isNew) this.signal(chunk, offset, error);
  }

  /** Fires the signal of a running call, and no more. */
  signal(chunk: Chunk, offset: number, reason: unknown): void {
    this.#transport.cancel(chunk.firstSeq + offset, reason);
  }

  /** A shared value is not needed any more. */
  drop(id: number): void {
    this.#transport.drop(id);
  }

  /** Lets a streaming call yield more. */
  grant(chunk: Chunk, offset: number, count: number): void {
    this.#transport.grant(chunk.firstSeq + offset, count);
  }

  /**
   * Takes back up to `goal` of the calls that wait here, from the end, so that somebody else can have them; what only
   * this worker may run stays, unless `bound` ones are wanted as well.
   */
  reclaim(goal: number, bound = false): boolean {
    const isFree = ({ job: work }: Chunk) => bound || (!work.pinned && work.affinity === undefined);
    const parts = this.#inFlight.reclaim(goal, isFree, (seq) => this.#transport.withdraw(seq));
    for (const part of parts) this.#owner.putBack(part);
    if (this.inFlight === 0) this.#becameIdle();
    return parts.length > 0;
  }

  /** Chunks with calls that are not settled. */
  get chunks(): readonly Chunk[] {
    return this.#inFlight.chunks;
  }

  /** Whether it may be given calls. */
  get accepts(): boolean {
    return this.state === "alive" || (this.state === "retiring" && this.#isReady && (this.boundBacklog?.size ?? 0) > 0);
  }

  /** Takes nothing new, except for what only it may run, and ends when it is idle. */
  retire(): void {
    if (this.state !== "starting" && this.state !== "alive") return;
    this.state = "retiring";
    this.#owner.redistribute(this);
    if (this.inFlight === 0) this.#becameIdle();
  }

  /**
   * Stops the worker if it does not take what it was given: what an earlier call left behind spins, and no limit of a
   * call that has not started would ever end it. What it holds moves on.
   */
  checkLiveness(): void {
    const [chunk] = this.#inFlight.chunks;
    if (!chunk || !this.#isReady || !this.throughput.isUnresponsive) return;
    const offset = chunk.items.findIndex((item) => item !== CLOSED);
    if (!this.#transport.hasStarted(chunk.firstSeq + offset)) this.kill();
  }

  /** Ends the worker, which is idle. */
  close(): void {
    if (this.state === "dead" || this.state === "leaving") return;
    this.state = "leaving";
    clearTimeout(this.#initializerTimer);
    this.#transport.close();
  }

  /** Ends the worker whatever it does. */
  kill(verdict?: StopOutcome): void {
    if (this.state === "dead") return;
    this.#stopOutcome = verdict;
    this.state = "leaving";
    clearTimeout(this.#initializerTimer);
    this.#transport.kill();
  }

  #initializing(): void {
    if (this.state !== "starting") return;
    this.#initializerTimer = afterTimeout(this.#owner.hookTimeout, (error) => {
      this.#cause = error;
      this.kill();
    });
  }

  #ready(): void {
    clearTimeout(this.#initializerTimer);
    this.#isReady = true;
    // It may have been told to go meanwhile.
    if (this.state === "starting") {
      this.state = "alive";
      this.#owner.observer?.workerStarted(this.id);
    } else if (this.state !== "retiring") return;
    this.#becameIdle();
    this.#owner.slotChanged(this);
  }

  // A worker's word for a call that is not in flight (any more) means nothing.
  #find(seq: number, found: (chunk: Chunk, offset: number) => void): void {
    const chunk = this.#inFlight.find(seq);
    if (chunk) found(chunk, seq - chunk.firstSeq);
  }

  #fulfilled(first: number, values: readonly unknown[]): void {
    for (let at = 0; at < values.length;) {
      const chunk = this.#inFlight.find(first + at);
      const offset = first + at - (chunk?.firstSeq ?? 0);
      // One by one while some call is being stopped: what that one returns does not count.
      const most = this.#stops.isEmpty ? values.length - at : 1;
      const count = chunk?.openFrom(offset, most) ?? 1;
      if (chunk) this.#returned(chunk, offset, count === values.length ? values : values.slice(at, at + count));
      at += count;
    }
  }

  #returned(chunk: Chunk, offset: number, values: readonly unknown[]): void {
    const verdict = this.#stops.take(chunk.firstSeq + offset);
    if (verdict) return this.#failed(chunk, offset, verdict.outcome, verdict.error);
    const first = chunk.first + offset;
    this.#end(chunk, offset, values.length, "fulfilled");
    chunk.job.fulfill(first, values, this.id);
    if (chunk.open === 0) this.#owner.slotChanged(this);
  }

  #failed(chunk: Chunk, offset: number, outcome: Failure, error: unknown): void {
    const verdict = this.#stops.take(chunk.firstSeq + offset) ?? { outcome, error };
    this.#end(chunk, offset, 1, verdict.outcome);
    chunk.job.fail(chunk.first + offset, verdict.outcome, verdict.error, this.id);
    if (chunk.open === 0) this.#owner.slotChanged(this);
  }

  #end(chunk: Chunk, offset: number, count: number, outcome: Outcome): void {
    const { job: work, first } = chunk;
    const { observer } = this.#owner;
    this.ended += count;
    this.throughput.callEnded(work.task);
    this.#close(chunk, offset, count);
    for (let i = 0; observer && i < count; i++) observer.callEnded(work, first + offset + i, outcome, this.id);
  }

  #close(chunk: Chunk, offset: number, count: number): void {
    this.#inFlight.close(chunk, offset, count);
    if (this.inFlight === 0) this.#becameIdle();
  }

  #becameIdle(): void {
    this.#limits.clear();
    this.idleSince = performance.now();
    if (this.state === "retiring" && !this.boundBacklog?.size) this.close();
  }

  #measured(count: number, ms: number, ran = ms): void {
    if (!this.throughput.measured(count, ms)) return;
    this.#owner.counters.run.add(ran / count, count);
    this.#owner.slotChanged(this);
  }

  #exit(death: Death): void {
    if (this.state === "dead") return;
    this.state = "dead";
    this.death = this.#cause === undefined ? death : { ...death, reason: "initializer", cause: this.#cause };
    clearTimeout(this.#initializerTimer);
    this.#limits.clear();
    const { lost, back } = partitionCalls(this.#inFlight.clear(), (seq) => this.#transport.hasStarted(seq));
    for (const [chunk, offset] of lost) this.#lose(chunk, offset, this.death);
    for (const chunk of back.reverse()) this.#owner.putBack(chunk); // Each goes to the head of the line.
    this.#owner.workerDied(this, this.death);
  }

  #lose(chunk: Chunk, offset: number, death: Death): void {
    const verdict = this.#stops.take(chunk.firstSeq + offset) ?? this.#stopOutcome;
    const outcome = verdict?.outcome ?? "rejected";
    this.ended++;
    this.lostTask = chunk.job.task;
    this.#owner.observer?.callEnded(chunk.job, chunk.first + offset, outcome, this.id);
    chunk.job.fail(chunk.first + offset, outcome, verdict ? verdict.error : crashError(this.id, death), this.id);
  }
}
