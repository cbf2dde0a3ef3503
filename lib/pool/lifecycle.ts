/**
 * How a pool lives: starting, pausing, resizing, replacing, draining and ending its workers, and what can be seen of it.
 *
 * @module
 */
import { bad, duration, integer, knownOptions } from "../core/validate.ts";
import type { PoolCore } from "./core.ts";
import { observe, type PoolEventMap } from "./events.ts";
import { joinEnd } from "./join.ts";
import { type PoolStats, poolStats } from "./stats.ts";

/** Where a pool stands. */
export type PoolState = "open" | "closing" | "closed" | "terminated" | "broken";

/** Options of `Pool.shutdown`. */
export interface ShutdownOptions {
  /** Whether what has not started is cancelled instead of done. @default {false} */
  cancelFutures?: boolean;
}

/** The half of {@linkcode Pool} that is about its workers. */
export abstract class PoolLifecycle extends EventTarget implements AsyncDisposable {
  readonly #core: PoolCore;

  /** @ignore */
  constructor(core: PoolCore) {
    super();
    this.#core = core;
  }

  /** Where the pool stands: it takes work while it is `"open"`, and finishes what it has while `"closing"`. */
  get state(): PoolState {
    return this.#core.scheduler.state;
  }

  /** Most workers at a time. */
  get workers(): number {
    return this.#core.options.workers;
  }

  /** Ids of the workers that are alive. */
  get workerIds(): number[] {
    return [...this.#core.scheduler.workerSet.slots].map((slot) => slot.id);
  }

  /** Whether the pool is paused. */
  get paused(): boolean {
    return this.#core.scheduler.paused;
  }

  /** Starts all workers; resolves when they take tasks. */
  async ready(): Promise<this> {
    this.#core.checkOpen("start workers");
    await this.#core.scheduler.ready();
    return this;
  }

  /**
   * Waits until one more call may be submitted. Only a pool with `maxQueue` ever makes one wait; whoever waited first is
   * told first. The place is kept for whoever submits right after it, before awaiting anything else.
   *
   * @throws {PoolClosedError} If the pool is or gets closed.
   */
  async room(): Promise<void> {
    this.#core.checkOpen("wait for room");
    await this.#core.scheduler.admission.room();
  }

  /**
   * Changes how many workers there may be at most. Workers that are too many end when they have done what they hold.
   *
   * @throws {RangeError} If it is less than 1 or than `minWorkers`.
   */
  resize(workers: number): void {
    this.#core.checkOpen("resize pool");
    const { options, scheduler } = this.#core;
    integer("resize pool", "workers", workers, Math.max(1, options.minWorkers));
    scheduler.resize(workers - options.workers);
    options.workers = workers;
  }

  /**
   * Holds back what has not started; what runs goes on. A paused pool with nothing running does not keep the script
   * alive, and closing it resumes it.
   */
  pause(): void {
    this.#core.checkOpen("pause pool");
    this.#core.scheduler.pause();
  }

  /** Goes on after {@linkcode PoolLifecycle.pause}. */
  resume(): void {
    this.#core.scheduler.resume();
  }

  /**
   * Replaces every worker by a fresh one, once it has done what it holds; new work goes to fresh ones. Resolves when the
   * old ones are gone.
   */
  async restart(): Promise<void> {
    this.#core.checkOpen("restart workers");
    await this.#core.scheduler.restart();
  }

  /** What the pool is doing and has done. */
  stats(): PoolStats {
    return poolStats(this.#core.scheduler);
  }

  /** Listens to an event of the pool; see {@linkcode PoolEventMap}. */
  override addEventListener<K extends keyof PoolEventMap>(
    type: K,
    listener: ((event: PoolEventMap[K]) => void) | EventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void {
    this.#core.scheduler.observer ??= observe(this);
    super.addEventListener(type, listener as EventListener, options);
  }

  /** Stops listening. */
  override removeEventListener<K extends keyof PoolEventMap>(
    type: K,
    listener: ((event: PoolEventMap[K]) => void) | EventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void {
    super.removeEventListener(type, listener as EventListener, options);
  }

  /** Takes no more work. What was submitted is still done; {@linkcode PoolLifecycle.join} waits for it. */
  close(): void {
    this.#core.scheduler.close();
  }

  /**
   * Waits until a closed pool has done its work and its workers have ended.
   *
   * @param options.timeout Longest wait in milliseconds; the work goes on after it.
   * @throws {TypeError} If the pool is still open: close it first, or it would never end.
   * @throws {WaitTimeoutError} If the wait ran out of time.
   */
  async join(options: { timeout?: number } = {}): Promise<void> {
    knownOptions("join pool", options, ["timeout"]);
    const timeout = duration("join pool", "timeout", options.timeout);
    const { scheduler } = this.#core;
    if (scheduler.state === "open") {
      throw new TypeError("Cannot join pool: it is open: call close() or terminate() first");
    }
    await joinEnd(
      scheduler,
      timeout,
      () => `Gave up joining after ${timeout} ms: ${scheduler.jobs.size} works go on`,
    );
  }

  /**
   * Takes no more work; resolves when what was submitted is done, or with `cancelFutures` when what already runs is done:
   * the rest is cancelled at once.
   */
  async shutdown(options: ShutdownOptions = {}): Promise<void> {
    knownOptions("shut down pool", options, ["cancelFutures"]);
    const { cancelFutures = false } = options;
    if (typeof cancelFutures !== "boolean") {
      throw bad("shut down pool", "cancelFutures", cancelFutures, "true or false", false);
    }
    const { scheduler } = this.#core;
    if (cancelFutures) scheduler.cancelWaiting();
    scheduler.close();
    await scheduler.ended;
  }

  /** Stops everything at once: what is unfinished is cancelled, workers are stopped by force. */
  async terminate(): Promise<void> {
    await this.#core.scheduler.terminate();
  }

  /** Drains: takes no more work, does what was submitted, and ends the workers. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { scheduler } = this.#core;
    scheduler.close();
    for (const work of [...scheduler.jobs]) work.blockEnded?.();
    await scheduler.ended;
  }
}
