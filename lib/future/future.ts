/**
 * A result that is on its way.
 *
 * ```
 * pending --started--> running --settled--> finished | cancelled
 *    |                                          ^
 *    +--------------- cancel() -----------------+
 * ```
 *
 * Whoever does the work holds the other end: it calls `settleFuture` and answers for the state before that
 * (`FutureControl`). The settled value is kept here and nowhere else, so that dropping the future drops it.
 *
 * @module
 */
import { CancelledError, WaitTimeoutError } from "../core/errors.ts";
import { guarded } from "../core/guarded.ts";
import { bad, duration, knownOptions } from "../core/validate.ts";
import type { UnobservedFailures } from "./unobserved_failures.ts";

/** Where a future stands. `"finished"` covers success and failure, as in Python. */
export type FutureState = "pending" | "running" | "finished" | "cancelled";

/** The end of a future that belongs to whoever does the work. */
export interface FutureControl {
  /** Whether the work has started. Asked only while the future is not settled. */
  isRunning(): boolean;
  /** Stops the work; `force: false` only tells it. The future settles through `settleFuture`. */
  cancel(reason: unknown, force: boolean): void;
  /** The worker that ran or runs the work. */
  workerId(): number | undefined;
}

/** Options of {@linkcode Future.cancel}. */
export interface CancelOptions {
  /** Whether a task that runs on after the grace period is stopped by force. @default {true} */
  force?: boolean;
}

type Outcome = "none" | "fulfilled" | "rejected" | "cancelled";

/** Settles a future; the first call wins, later ones return `false`. */
export let settleFuture: (future: Future<unknown>, outcome: Exclude<Outcome, "none">, value: unknown) => boolean;
/** Counts as looking at the future, so that its failure is not reported as forgotten. */
export let observe: (future: Future<unknown>) => void;
/** Whether somebody has looked. */
export let isObserved: (future: Future<unknown>) => boolean;
/** Calls `listener` once the future is settled, at once if it is; returns what takes it off again. */
export let subscribe: (future: Future<unknown>, listener: () => void) => () => void;
/** The settled outcome; `"none"` before. */
export let outcomeOf: (future: Future<unknown>) => { outcome: Outcome; value: unknown };
/** Has a failure reported unless somebody looks at it. */
export let trackFailure: (future: Future<unknown>, failures: UnobservedFailures) => void;

const done = (): void => {};

/**
 * The result of a submitted task: a promise in full, with the state and the controls of Python's
 * `concurrent.futures.Future` besides.
 *
 * A failure that nobody looked at is reported like an unhandled rejection, but only when its pool has drained or the
 * script ends, so that futures may be awaited one after another. An async function that returns a future flattens it,
 * as it does any promise.
 *
 * @typeParam R What the task returns, awaited.
 *
 * @example Submit now, look later
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { inline, Pool } from "@isopool/isopool";
 *
 * await using pool = new Pool(1);
 * const future = pool.submit(inline((a: number, b: number) => a + b), 1, 2);
 * assertEquals(await future, 3);
 * assertEquals(future.state, "finished");
 * ```
 */
export class Future<R> implements Promise<R> {
  /** @ignore */
  readonly [Symbol.toStringTag] = "Future";
  /** Position among the items of a map, where a map made this future. */
  readonly index: number | undefined;
  #control: FutureControl | undefined;
  #outcome: Outcome = "none";
  #value: unknown = undefined;
  #listeners: (() => void)[] | undefined;
  #observed = false;
  #failures: UnobservedFailures | undefined;
  #workerId: number | undefined;

  /** @ignore Futures are made by pools. */
  constructor(control: FutureControl, index?: number) {
    this.#control = control;
    this.index = index;
  }

  static {
    settleFuture = (future, outcome, value) => future.#settle(outcome, value);
    observe = (future) => future.#observe();
    isObserved = (future) => future.#observed;
    outcomeOf = (future) => ({ outcome: future.#outcome, value: future.#value });
    subscribe = (future, listener) => future.#subscribe(listener);
    trackFailure = (future, failures) => {
      if (future.#observed || future.#outcome !== "rejected") return;
      future.#failures = failures;
      failures.add(future, future.#value);
    };
  }

  /** Where the work stands. */
  get state(): FutureState {
    if (this.#outcome === "cancelled") return "cancelled";
    if (this.#outcome !== "none") return "finished";
    return this.#control!.isRunning() ? "running" : "pending";
  }

  /** Whether the future is settled: finished or cancelled. */
  get done(): boolean {
    return this.#outcome !== "none";
  }

  /** Whether the work has started and not ended. */
  get running(): boolean {
    return this.state === "running";
  }

  /** Whether the future was cancelled. */
  get cancelled(): boolean {
    return this.#outcome === "cancelled";
  }

  /** Id of the worker that runs or ran the work; `undefined` before it starts. */
  get workerId(): number | undefined {
    return this.#control ? this.#control.workerId() : this.#workerId;
  }

  /**
   * Cancels the work. Not yet started: cancelled at once. Running: its `context.signal` fires, and what still runs
   * after the pool's `killGrace` is stopped by force; the future is cancelled once the work has ended. With
   * `force: false` only the signal fires, and the future settles as the task does.
   *
   * @param reason Becomes the `cause` of the {@linkcode CancelledError}.
   * @returns `false` if the work had finished already, else `true`.
   */
  cancel(reason?: unknown, options: CancelOptions = {}): boolean {
    knownOptions("cancel future", options, ["force"]);
    if (this.#outcome !== "none") return this.#outcome === "cancelled";
    this.#control!.cancel(new CancelledError("Future was cancelled", { cause: reason }), options.force ?? true);
    return true;
  }

  /**
   * Waits for the result.
   *
   * @param options.timeout Longest wait in milliseconds; the work goes on after it.
   * @throws {WaitTimeoutError} If the wait ran out of time.
   * @throws {CancelledError} If the future was cancelled.
   */
  async result(options: { timeout?: number } = {}): Promise<R> {
    await this.#settled("wait for result", options);
    if (this.#outcome === "fulfilled") return this.#value as R;
    throw this.#value;
  }

  /**
   * Waits for the end and returns what the task threw, or `undefined` if it succeeded.
   *
   * @param options.timeout Longest wait in milliseconds; the work goes on after it.
   * @throws {WaitTimeoutError} If the wait ran out of time.
   * @throws {CancelledError} If the future was cancelled, as in Python.
   */
  async exception(options: { timeout?: number } = {}): Promise<unknown> {
    await this.#settled("wait for exception", options);
    if (this.#outcome === "cancelled") throw this.#value;
    return this.#outcome === "rejected" ? this.#value : undefined;
  }

  /**
   * Calls `callback` with this future once it is settled, at once if it is. Callbacks run in the order they were added;
   * one that throws is reported through `reportError` after the others have run.
   */
  addDoneCallback(callback: (future: Future<R>) => void): void {
    if (typeof callback !== "function") throw bad("add done callback", "callback", callback, "a function", false);
    this.#observe();
    this.#subscribe(() => callback(this));
  }

  /** Attaches handlers, as {@linkcode Promise.then} does. */
  then<T = R, E = never>(
    onfulfilled?: ((value: R) => T | PromiseLike<T>) | null,
    onrejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<T | E> {
    this.#observe();
    return new Promise<R>((resolve, reject) => {
      this.#subscribe(() => this.#outcome === "fulfilled" ? resolve(this.#value as R) : reject(this.#value));
    }).then(onfulfilled, onrejected);
  }

  /** Attaches a handler for failure, as {@linkcode Promise.catch} does. */
  catch<E = never>(onrejected?: ((reason: unknown) => E | PromiseLike<E>) | null): Promise<R | E> {
    return this.then(undefined, onrejected);
  }

  /** Attaches a handler for either end, as {@linkcode Promise.finally} does. */
  finally(onfinally?: (() => void) | null): Promise<R> {
    return this.then().finally(onfinally);
  }

  #settle(outcome: Outcome, value: unknown): boolean {
    if (this.#outcome !== "none") return false;
    this.#workerId = this.#control!.workerId();
    this.#outcome = outcome;
    this.#value = value;
    // The control holds the arguments; they are collectable from here on.
    this.#control = undefined;
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (listeners) { for (const listener of listeners) guarded(listener); }
    return true;
  }

  #subscribe(listener: () => void): () => void {
    if (this.#outcome !== "none") {
      guarded(listener);
      return done;
    }
    const listeners = this.#listeners ??= [];
    listeners.push(listener);
    return () => {
      const at = this.#listeners?.indexOf(listener) ?? -1;
      if (at >= 0) this.#listeners!.splice(at, 1);
    };
  }

  #observe(): void {
    this.#observed = true;
    this.#failures?.delete(this);
    this.#failures = undefined;
  }

  #settled(call: string, options: { timeout?: number }): Promise<void> {
    knownOptions(call, options, ["timeout"]);
    const timeout = duration(call, "timeout", options.timeout);
    this.#observe();
    return new Promise((resolve, reject) => {
      if (this.#outcome !== "none") return resolve();
      const timer = timeout === undefined ? undefined : setTimeout(() => {
        off();
        reject(new WaitTimeoutError(`Gave up waiting after ${timeout} ms: the task goes on`));
      }, timeout);
      const off = this.#subscribe(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
