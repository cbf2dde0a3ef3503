/**
 * `HostWorker`: a worker of a worker host, through the same transport that a pool uses. It runs one call at a time, and
 * stays for the next call of the same kind.
 *
 * @module
 */
import { JSON, Promise } from "../core/platform.ts";
import { errorText } from "../core/error_text.ts";
import { TaskTimeoutError } from "../core/errors.ts";
import { clearInterval, clearTimeout, setInterval, setTimeout, type Timer } from "../core/timer.ts";
import { encodeThrown, recordsOf } from "../protocol/error_record.ts";
import { cloneInput } from "../protocol/clone_input.ts";
import type { Death, Launch, Transport, TransportEvents } from "../transport/transport.ts";
import type { JobFailure, JobNews, JobRequest, JobResult } from "./wire.ts";

/** Milliseconds between two looks at a call that was sent and has not started. */
const START_CHECK = 1_000;
/** Number of looks in a row that find a worker blocked before it is stopped. */
const BLOCKED_CHECKS = 5;
/** The same while the worker loads code, which many workers on few cores do for seconds. */
const LOADING_CHECKS = 60;

/** Rejection of {@linkcode HostWorker.run}. */
export class CallFailure extends Error {
  readonly failure: JobFailure;
  /** Whether the worker was stopped because it did not start the call: another one may run it. */
  readonly isUnstarted: boolean;

  constructor(failure: JobFailure, message: string, isUnstarted = false) {
    super(message);
    this.failure = failure;
    this.isUnstarted = isUnstarted;
  }
}

interface Call {
  readonly seq: number;
  readonly onNews: (news: JobNews) => void;
  readonly end: PromiseWithResolvers<JobResult>;
  isSent: boolean;
  /** Items that it may yield, all grants together. */
  granted: number;
  /** Why it was cancelled before it was sent. */
  cancelled: { readonly reason: unknown } | undefined;
  /** Looks in a row that found the worker blocked. */
  blockedChecks: number;
}

/** One worker. */
export class HostWorker {
  /** Resolves when the worker takes calls; rejects with a {@linkcode CallFailure} if it dies before. */
  readonly ready: Promise<void>;
  readonly #ready: PromiseWithResolvers<void>;
  readonly #transport: Transport;
  readonly #hookTimeout: number | undefined;
  readonly #onExit: () => void;
  readonly #tasks = new Map<string, number>();
  #seq = 0;
  #call: Call | undefined;
  #hasEnded = false;
  #hookTimer: Timer | undefined;
  #hookError: TaskTimeoutError | undefined;
  // Whether it was stopped because it did not start a call, and whether that call was taken back before.
  #isBlocked = false;
  #isTakenBack = false;

  /**
   * @param hookTimeout Time limit of its initializer, in milliseconds.
   * @param onExit Called when the worker has ended.
   * @throws If the runtime refuses to start it.
   */
  constructor(launch: Launch, id: number, hookTimeout: number | undefined, onExit: () => void) {
    this.#hookTimeout = hookTimeout;
    this.#onExit = onExit;
    this.#ready = Promise.withResolvers();
    this.ready = this.#ready.promise;
    this.ready.catch(() => {}); // It may die while no call waits for it.
    this.#transport = launch(id, this.#events());
  }

  /** Whether it can take a call. */
  get isIdle(): boolean {
    return !this.#hasEnded && !this.#call;
  }

  /**
   * Runs a call.
   *
   * @param onNews Receives progress and items, before the call ends.
   * @throws {CallFailure} If the task throws, or the worker dies.
   */
  async run(request: JobRequest, onNews: (news: JobNews) => void): Promise<JobResult> {
    const end = Promise.withResolvers<JobResult>();
    end.promise.catch(() => {}); // The worker may die before the call is sent.
    const call: Call = this.#call = {
      ...{ seq: this.#seq++, onNews, end, isSent: false, granted: request.stream, cancelled: undefined },
      blockedChecks: 0,
    };
    let timer: Timer | undefined;
    try {
      await this.ready;
      this.#send(call, request);
      if (request.timeout !== undefined) onNews({ kind: "started" });
      timer = setInterval(() => this.#checkStart(call), START_CHECK);
      return await end.promise;
    } finally {
      clearInterval(timer);
      this.#call = undefined;
    }
  }

  /** Fires the signal of the running call. */
  cancel(reason: unknown): void {
    const call = this.#call;
    if (!call) return;
    if (!call.isSent) call.cancelled = { reason };
    else if (this.#transport.withdraw(call.seq)) {
      // A thread that has not started it would not hear of it.
      call.end.reject(new CallFailure({ kind: "thrown", thrown: encodeThrown(reason) }, "cancelled before it started"));
    } else this.#transport.cancel(call.seq, reason);
  }

  /** Lets the running call yield more items, up to `total`. */
  grant(total: number): void {
    const call = this.#call;
    if (!call || total <= call.granted) return;
    if (call.isSent) this.#transport.grant(call.seq, total - call.granted);
    call.granted = total;
  }

  /** Stops the worker, whatever it runs. */
  kill(): void {
    this.#transport.kill();
  }

  /** Ends the worker after its finalizer. */
  close(): void {
    this.#transport.close();
  }

  #send(call: Call, request: JobRequest): void {
    const { source, item, handles, spread, timeout, hasLimit, attempt, traceparent } = request;
    this.#transport.send({
      job: call,
      index: 0,
      priority: 0,
      first: call.seq,
      taskId: this.#taskId(JSON.stringify(source)),
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
    });
    call.isSent = true;
    if (call.cancelled) this.cancel(call.cancelled.reason);
  }

  // Code that an earlier call has left behind may block the worker: then no limit of a call that has not started would ever
  // end it. As in the scheduler, checks are counted, not time.
  #checkStart(call: Call): void {
    if (!this.#transport.isQueued(call.seq)) return void (call.blockedChecks = 0);
    if (++call.blockedChecks < (this.#transport.isLoading ? LOADING_CHECKS : BLOCKED_CHECKS)) return;
    // A thread's call is taken back; what a process had started is known at its end.
    this.#isBlocked = true;
    this.#isTakenBack = this.#transport.withdraw(call.seq);
    this.kill();
  }

  #taskId(source: string): number {
    const known = this.#tasks.get(source) ?? this.#tasks.size;
    this.#tasks.set(source, known);
    return known;
  }

  #events(): TransportEvents {
    const running = (seq: number) => this.#call?.seq === seq ? this.#call : undefined;
    return {
      initializing: () => this.#initializing(),
      ready: () => {
        clearTimeout(this.#hookTimer);
        this.#ready.resolve();
      },
      item: (seq, value) => running(seq)?.onNews({ kind: "item", ...plainValue(value) }),
      progress: (seq, done, total) => running(seq)?.onNews({ kind: "progress", done, total }),
      fulfilled: (first, values) => {
        values.forEach((value, i) => running(first + i)?.end.resolve(plainValue(value)));
      },
      rejected: (seq, error) => {
        const thrown = encodeThrown(error);
        running(seq)?.end.reject(new CallFailure({ kind: "thrown", thrown }, errorText(error)));
      },
      timed() {},
      roomFreed() {},
      measured() {},
      grown() {},
      exit: (death) => this.#exit(death),
      abandonedExited() {},
    };
  }

  #initializing(): void {
    const timeout = this.#hookTimeout;
    if (timeout === undefined) return;
    this.#hookTimer = setTimeout(() => {
      const message = `Initializer ran longer than the pool's timeout of ${timeout} ms: it was stopped`;
      this.#hookError = new TaskTimeoutError(message, { timeout });
      this.kill();
    }, timeout);
  }

  #exit({ reason, exitCode, cause }: Death): void {
    this.#hasEnded = true;
    clearTimeout(this.#hookTimer);
    const failure: JobFailure = {
      kind: "death",
      reason: this.#hookError ? "initializer" : reason,
      cause: encodeThrown(this.#hookError ?? cause),
      ...exitCode !== undefined && { exitCode },
    };
    const isUnstarted = this.#isBlocked && !!this.#call &&
      (this.#isTakenBack || !this.#transport.hasStarted(this.#call.seq));
    const error = new CallFailure(failure, `the worker ended: ${reason}`, isUnstarted);
    this.#ready.reject(error);
    this.#call?.end.reject(error);
    this.#onExit();
  }
}

/** Returns a value as a message carries it: with the records of the errors in it, which a copy would lose. */
export function plainValue(value: unknown): JobResult {
  const input = cloneInput(value, undefined);
  return { value: input.value, errors: input.errors && recordsOf(input.errors) };
}
