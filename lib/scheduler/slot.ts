/**
 * One worker of a pool, from its start to its death, and the calls that it is given.
 *
 * ```
 * starting --ready--> alive --retire--> retiring --idle--> leaving --exit--> dead
 *     \------------------ kill, close, death -----------------------> dead
 * ```
 *
 * README.md, beside this file, defines the states. What becomes of each call is in slot_calls.ts.
 *
 * @module
 */
import { performance } from "../core/platform.ts";
import { clearTimeout, type Timer } from "../core/timer.ts";
import type { Death, Launch, Transport } from "../transport/transport.ts";
import type { Backlog } from "./backlog.ts";
import { type Chunk, CLOSED, type PinnedWorker, type TaskEntry } from "./job.ts";
import type { StopOutcome } from "./pending_stops.ts";
import { rejectUnstarted } from "./revoke.ts";
import { type CallsSlot, SlotCalls } from "./slot_calls.ts";
import type { SlotOwner } from "./slot_owner.ts";
import { afterTimeout } from "./time_limits.ts";
import { blockedCause } from "./worker_death.ts";

/** A slot goes through these in this order, may skip some, and can become dead from each. */
export type SlotState = "starting" | "alive" | "retiring" | "leaving" | "dead";

/** Number of checks in a row that find a worker blocked before it is stopped: 5 s. */
const BLOCKED_CHECKS = 5;
/** The same while the worker loads code, which many workers on few cores do for seconds: after a minute. */
const LOADING_CHECKS = 60;

/** One worker of a pool. */
export class Slot implements CallsSlot, PinnedWorker {
  readonly id: number;
  state: SlotState = "starting";
  /** When it became idle, on the `performance.now()` clock. */
  idleSince = 0;
  /** Milliseconds for which it was idle, without the idle time that still lasts. */
  idleTime = 0;
  /** When it was started, and when it took calls (`0`: it does not yet), on the `performance.now()` clock. */
  readonly startedAt: number = performance.now();
  readyAt = 0;
  /** {@inheritDoc OwnedSlot.boundBacklog} */
  boundBacklog: Backlog | undefined;
  /** How the worker ended. */
  death: Death | undefined;
  /** Why the calls that it takes will fail: {@linkcode TransportEvents.ready}. */
  outage: unknown;
  readonly calls: SlotCalls;
  readonly #owner: SlotOwner;
  readonly #transport: Transport;
  // Stops an initializer that does not end.
  #initializerTimer: Timer | undefined;
  // What the initializer failed with, if its time limit ended it.
  #initializerError: unknown;
  #isReady = false;
  // Checks in a row that found it silent, with a call that has not started.
  #blockedChecks = 0;
  // Whether it was stopped because it did not start a call.
  #wasBlocked = false;
  // What all of its calls settle to, when the whole pool is stopped.
  #stopOutcome: StopOutcome | undefined;

  constructor(id: number, launch: Launch, owner: SlotOwner) {
    this.id = id;
    this.#owner = owner;
    // No event comes before `launch` has returned.
    this.#transport = launch(id, {
      initializing: () => this.#initializing(),
      ready: (outage) => this.#ready(outage),
      item: (seq, value) => this.calls.item(seq, value),
      progress: (seq, done, total) => this.calls.progress(seq, done, total),
      fulfilled: (first, values) => this.calls.fulfilled(first, values),
      rejected: (seq, error) => this.calls.rejected(seq, error),
      timed: (seq, times) => this.calls.timed = { seq, times },
      measured: (count, ms, runTime, now) => this.calls.measured(count, ms, runTime, now),
      grown: () => {
        // Without a call in between, a worker that is too large from its start on would be replaced for ever.
        if (this.ended === 0 || !this.isStaying) return;
        if (this.inFlight > 0) this.calls.reclaim(this.inFlight);
        this.retire();
      },
      roomFreed: () => owner.capacityChanged(this),
      exit: (death) => this.#exit(death),
      abandonedExited: () => owner.abandoned.remove(),
    });
    this.calls = new SlotCalls(this, this.#transport, owner);
  }

  /** How many calls are in flight. */
  get inFlight(): number {
    return this.calls.inFlight;
  }

  /** Chunks with calls in flight. */
  get chunks(): readonly Chunk[] {
    return this.calls.chunks;
  }

  /** {@inheritDoc OwnedSlot.ended} */
  get ended(): number {
    return this.calls.ended;
  }

  /** {@inheritDoc OwnedSlot.lostTask} */
  get lostTask(): TaskEntry | undefined {
    return this.calls.lostTask;
  }

  /** Maximum number of calls in flight. */
  get window(): number {
    return this.#transport.window;
  }

  /** How many calls it can take now. */
  get free(): number {
    // A retiring worker first runs what only it may run, however much that is.
    if (this.state === "retiring") return this.#transport.free;
    return Math.min(this.#transport.free, this.#owner.maxTasks - this.ended - this.inFlight);
  }

  /** Whether it may be given calls. */
  get accepts(): boolean {
    if (this.calls.isStopping) return false;
    return this.state === "alive" || (this.state === "retiring" && this.#isReady && (this.boundBacklog?.size ?? 0) > 0);
  }

  /** Whether it takes calls, or will once it has started. */
  get isStaying(): boolean {
    return this.state === "starting" || this.state === "alive";
  }

  /** Sends chunks that are alike, as one batch, and retires once the worker has had its share of calls. */
  send(chunks: Chunk[]): void {
    this.calls.send(chunks);
    if (this.ended + this.inFlight >= this.#owner.maxTasks) this.retire();
  }

  /** Tells the worker that a shared value is not needed any more. */
  drop(id: number): void {
    this.#transport.drop(id);
  }

  /** Takes nothing new, except for what only this worker may run, and ends when it is idle. */
  retire(): void {
    if (!this.isStaying) return;
    this.state = "retiring";
    this.#owner.redistribute(this);
    if (this.inFlight === 0) this.becameIdle();
  }

  /** Ends the worker, which is idle. */
  close(): void {
    if (this.state === "dead" || this.state === "leaving") return;
    this.state = "leaving";
    clearTimeout(this.#initializerTimer);
    this.#transport.close();
  }

  /** Stops the worker by force. Its calls settle to `stopOutcome`, if given, and else to what stopped each, or to a crash. */
  kill(stopOutcome?: StopOutcome): void {
    if (this.state === "dead") return;
    this.#owner.observer?.workerKilled(this.id);
    this.#stopOutcome = stopOutcome;
    this.state = "leaving";
    clearTimeout(this.#initializerTimer);
    // The calls that had not started were taken back before: by `SlotCalls.reclaimAll` or `Job.abandon`.
    this.#transport.kill();
  }

  /**
   * Stops a worker that does not start the calls it was sent: code that an earlier call left behind spins, and no limit
   * of a call that has not started would ever end it. The calls go to other workers, except for those that have moved
   * their values to this one: they are lost. Called once a second.
   *
   * What was sent to a process cannot be taken back. Once the process has ended, its host knows what it had started, and only
   * that is lost.
   *
   * It counts checks, not time: the time during which this event loop or the whole process stood still says nothing
   * about the worker.
   */
  checkLiveness(): void {
    // Whether the worker is silent and has not started its next call.
    const awaitsStart = this.inFlight > 0 && this.calls.throughput.isUnresponsive && !this.isRunning;
    const isWatched = this.#isReady && !this.calls.queuesElsewhere;
    if (!isWatched || !awaitsStart) return void (this.#blockedChecks = 0);
    if (++this.#blockedChecks < (this.#transport.isLoading ? LOADING_CHECKS : BLOCKED_CHECKS)) return;
    this.calls.reclaimAll();
    // What is left has moved its values to this worker.
    rejectUnstarted(this.calls);
    // A call that started meanwhile must not be lost.
    if (this.isRunning) return;
    this.#wasBlocked = true;
    this.kill();
  }

  /** {@inheritDoc CallsSlot.becomesBusy} */
  becomesBusy(now: number): void {
    this.idleTime += now - this.idleSince;
    this.calls.throughput.begin(now);
  }

  /** {@inheritDoc CallsSlot.becameIdle} */
  becameIdle(): void {
    this.idleSince = performance.now();
    if (this.state === "retiring" && !this.boundBacklog?.size) this.close();
  }

  /** Whether its next call has started. */
  get isRunning(): boolean {
    const [chunk] = this.chunks;
    if (!chunk) return false;
    return !this.#transport.isQueued(chunk.firstSeq + chunk.items.findIndex((item) => item !== CLOSED));
  }

  #initializing(): void {
    if (this.state !== "starting") return;
    this.#initializerTimer = afterTimeout(this.#owner.hookTimeout, (error) => {
      this.#initializerError = error;
      this.kill();
    });
  }

  #ready(outage: unknown): void {
    clearTimeout(this.#initializerTimer);
    this.outage = outage;
    this.#isReady = true;
    // The scheduler may have retired or stopped it while it started.
    if (this.state === "starting") {
      this.state = "alive";
      this.#owner.observer?.workerStarted(this.id);
    } else if (this.state !== "retiring") return;
    this.becameIdle();
    this.readyAt = this.idleSince;
    this.#owner.capacityChanged(this);
  }

  #exit(death: Death): void {
    if (this.state === "dead") return;
    this.state = "dead";
    const cause = this.#initializerError;
    if (cause !== undefined) this.death = { ...death, reason: "initializer", cause };
    else this.death = this.#wasBlocked ? { ...death, cause: blockedCause() } : death;
    clearTimeout(this.#initializerTimer);
    this.calls.workerDied(this.death, this.#stopOutcome);
    this.#owner.workerDied(this, this.death);
  }
}
