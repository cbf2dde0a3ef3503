/**
 * `HostWorker`: a worker of a worker host, through the same transport that a pool uses. It runs one call at a time. A thread
 * holds the next ones of a batch, too. It stays for the next job of the same kind.
 *
 * @module
 */
import { performance, Promise } from "../core/platform.ts";
import { TaskTimeoutError } from "../core/errors.ts";
import { clearInterval, clearTimeout, setInterval, setTimeout, type Timer } from "../core/timer.ts";
import { encodeThrown } from "../protocol/error_record.ts";
import type { Batch, Death, Launch, Transport, TransportEvents } from "../transport/transport.ts";
import { CallFailure } from "./call_failure.ts";
import { HostCall, type RunListener } from "./host_call.ts";
import type { HostTask } from "./host_tasks.ts";
import { plainValue } from "./pack.ts";
import type { JobCall, JobFailure, WorkerSpec } from "./wire.ts";

/** Milliseconds between two checks of a call that was sent and has not started. */
const START_CHECK = 1_000;
/** Number of checks in a row that find a worker blocked before it is stopped. */
const BLOCKED_CHECKS = 5;
/** The same while the worker loads code, which many workers on few cores do for seconds. */
const LOADING_CHECKS = 60;

/** One worker. */
export class HostWorker {
  /** Resolves when the worker takes calls; rejects with a {@linkcode CallFailure} if it dies before. */
  readonly ready: Promise<void>;
  readonly #ready: PromiseWithResolvers<void>;
  readonly #transport: Transport;
  readonly #spec: WorkerSpec;
  readonly #onExit: () => void;
  readonly #tasks = new Map<string, number>();
  #seq = 0;
  // Calls that were taken back before they started: they do not wear it out.
  #withdrawn = 0;
  // The calls that have not ended, in their order.
  readonly #calls = new Map<number, HostCall>();
  #hasEnded = false;
  #hasGrown = false;
  #hookTimer: Timer | undefined;
  // Set while it has calls, and for a moment after.
  #checks: Timer | undefined;
  #hookError: TaskTimeoutError | undefined;
  /** Milliseconds that the calls since it was idle took each, as it has measured. */
  runTime: number | undefined;

  /**
   * @param onExit Called when the worker has ended.
   * @throws If the runtime refuses to start it.
   */
  constructor(launch: Launch, id: number, spec: WorkerSpec, onExit: () => void) {
    this.#spec = spec;
    this.#onExit = onExit;
    this.#ready = Promise.withResolvers();
    this.ready = this.#ready.promise;
    this.ready.catch(() => {}); // The worker may die while no call waits for it.
    this.#transport = launch(id, this.#events());
  }

  /** Number of calls that it takes before the first of them has ended. */
  get room(): number {
    return Math.min(this.#transport.window, this.#callsLeft);
  }

  /** Whether another worker must take its place: it has run its `maxTasks` calls, or its memory is past `recycleAt`. */
  get isWornOut(): boolean {
    return this.#hasGrown || this.#callsLeft === 0;
  }

  /** Whether it can take a call. */
  get isIdle(): boolean {
    return !this.#hasEnded && this.#calls.size === 0;
  }

  /** Whether it may take long until it starts its call: it loads code. */
  get isLoading(): boolean {
    return this.#transport.isLoading;
  }

  /** Runs a call, after those that it has. */
  run(task: HostTask, given: JobCall, listener: RunListener): HostCall {
    if (this.#calls.size === 0) this.runTime = undefined;
    const seq = this.#seq++;
    const call: HostCall = new HostCall(
      seq,
      given,
      listener,
      this.#transport,
      () => {
        this.#calls.delete(seq);
        if (call.isWithdrawn) this.#withdrawn++;
      },
      () => this.#kill(),
    );
    this.#calls.set(seq, call);
    this.#checks ??= setInterval(() => this.#checkStart(), START_CHECK);
    this.ready.then(
      () => this.#send(call, task),
      ({ failure, message }: CallFailure) => call.died(failure, message),
    );
    return call;
  }

  /** Ends the worker after its finalizer. */
  close(): void {
    this.#transport.close();
  }

  get #callsLeft(): number {
    const { maxTasks = Infinity } = this.#spec;
    return maxTasks - this.#seq + this.#withdrawn;
  }

  #send(call: HostCall, { key, source }: HostTask): void {
    const { item, handles, spread, timeout, hasLimit, attempt, traceparent } = call.given;
    const batch: Batch = {
      job: call,
      index: 0,
      priority: 0,
      first: call.seq,
      sentAt: performance.now(),
      taskId: this.#taskId(key),
      source,
      localFunction: undefined,
      items: [item],
      spread,
      timeout,
      limits: undefined,
      hasLimit,
      attempt,
      stream: call.granted,
      shares: undefined,
      handles,
      transfer: [],
      context: undefined,
      timed: false,
      traceparent,
    };
    try {
      this.#transport.send(batch);
    } catch (error) {
      return call.rejected(error);
    }
    call.sent();
  }

  // A call that it starts meanwhile would be lost.
  #kill(): void {
    for (const call of this.#calls.values()) call.withdraw();
    this.#transport.kill();
  }

  // Code that an earlier call has left behind may block the worker: then no limit of a call that has not started would ever
  // end it. As in the scheduler, checks are counted, not time.
  #checkStart(): void {
    const [call] = this.#calls.values();
    if (!call) {
      clearInterval(this.#checks);
      this.#checks = undefined;
      return;
    }
    if (!call.isSent) return;
    if (!this.#transport.isQueued(call.seq)) return void (call.blockedChecks = 0);
    if (++call.blockedChecks < (this.#transport.isLoading ? LOADING_CHECKS : BLOCKED_CHECKS)) return;
    // What had started of a process is known at its end.
    this.#kill();
  }

  #taskId(key: string): number {
    let id = this.#tasks.get(key);
    if (id === undefined) this.#tasks.set(key, id = this.#tasks.size);
    return id;
  }

  #events(): TransportEvents {
    return {
      initializing: () => this.#initializing(),
      ready: () => {
        clearTimeout(this.#hookTimer);
        this.#ready.resolve();
      },
      item: (seq, value) => this.#calls.get(seq)?.listener.news({ kind: "item", ...plainValue(value) }),
      progress: (seq, done, total) => this.#calls.get(seq)?.listener.news({ kind: "progress", done, total }),
      fulfilled: (first, values) => {
        values.forEach((value, i) => this.#calls.get(first + i)?.fulfilled(value));
      },
      rejected: (seq, error) => this.#calls.get(seq)?.rejected(error),
      timed() {},
      roomFreed() {},
      measured: (count, ms) => void (this.runTime = ms / count),
      grown: () => void (this.#hasGrown = true),
      exit: (death) => this.#exit(death),
      abandonedExited() {},
    };
  }

  #initializing(): void {
    const { timeout } = this.#spec;
    if (timeout === undefined) return;
    this.#hookTimer = setTimeout(() => {
      const message = `Initializer ran longer than the pool's timeout of ${timeout} ms: it was stopped`;
      this.#hookError = new TaskTimeoutError(message, { timeout });
      this.#transport.kill();
    }, timeout);
  }

  #exit({ reason, exitCode, cause }: Death): void {
    this.#hasEnded = true;
    clearTimeout(this.#hookTimer);
    clearInterval(this.#checks);
    const failure: JobFailure = {
      kind: "death",
      reason: this.#hookError ? "initializer" : reason,
      cause: encodeThrown(this.#hookError ?? cause),
      ...exitCode !== undefined && { exitCode },
    };
    const message = `the worker ended: ${reason}`;
    this.#ready.reject(new CallFailure(failure, message));
    for (const call of this.#calls.values()) call.died(failure, message);
    this.#onExit();
  }
}
