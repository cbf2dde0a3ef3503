/**
 * `LimitedCalls`: the calls of one limiter.
 *
 * ```
 * run(fn)   -> Gate.enter: first come, first served (of a key) -> Attempts -> fn(context) -> Gate.leave
 * acquire() -> Gate.enter                                      -> token ... token.release -> Gate.leave
 * ```
 *
 * @module
 */
import { onAbort } from "../core/abort.ts";
import { CancelledError } from "../core/errors.ts";
import { PlacedList } from "../core/placed_list.ts";
import { Promise as RuntimePromise } from "../core/platform.ts";
import { shorten } from "../core/shorten.ts";
import { Attempts, type Limits, settledOrGrace } from "./attempts.ts";
import { Cancellation } from "./cancellation.ts";
import type { PooledContext } from "./context.ts";
import { Gate } from "./gate.ts";
import type { GovernorToken } from "./governor.ts";
import type { LimitPlan } from "./options.ts";

/** The calls of one limiter. */
export class LimitedCalls {
  readonly #gate: Gate;
  readonly #limits: Limits;
  readonly #signal: AbortSignal | undefined;
  // The calls that have not settled, waiting or in progress.
  readonly #unsettled = new PlacedList<Cancellation>();
  // Removes the one listener on the common signal, which exists only while there are calls.
  #removeListener = (): void => {};
  #idleWaiters: (() => void)[] = [];
  #count = 0;

  constructor(plan: LimitPlan) {
    this.#gate = new Gate(plan.concurrency, plan.rate, plan.per?.limit);
    this.#limits = { timeout: plan.timeout, retry: plan.retry, gate: this.#gate };
    this.#signal = plan.signal;
  }

  get active(): number {
    return this.#gate.active;
  }

  get waiting(): number {
    return this.#gate.waiting;
  }

  get concurrency(): number {
    return this.#gate.concurrency;
  }

  set concurrency(value: number) {
    this.#gate.concurrency = value;
  }

  async acquire(signal: AbortSignal | undefined, key: unknown): Promise<GovernorToken> {
    const { cancellation, removeListener } = this.#open(signal);
    try {
      await this.#gate.enter(cancellation, key);
    } finally {
      this.#settled(cancellation, removeListener);
    }
    let isHeld = true;
    const release = () => {
      if (isHeld) this.#leave(key);
      isHeld = false;
    };
    return { release, [Symbol.dispose]: release };
  }

  async run<R>(
    fn: (context: PooledContext) => R | PromiseLike<R>,
    signal: AbortSignal | undefined,
    key: unknown,
  ): Promise<R> {
    const { cancellation, removeListener } = this.#open(signal);
    const name = () => key === undefined ? undefined : `key ${shorten(key)}`;
    const attempts = new Attempts<R>(this.#limits, cancellation, this.#count++, name, fn);
    try {
      await this.#gate.enter(cancellation, key);
    } catch (error) {
      this.#settled(cancellation, removeListener);
      throw error;
    }
    try {
      const running = attempts.run();
      return await (signal || this.#signal ? settledOrGrace(running, cancellation) : running);
    } finally {
      this.#settled(cancellation, removeListener);
      if (attempts.overdue) void attempts.overdue.then(() => this.#leave(key));
      else this.#leave(key);
    }
  }

  clear(reason: unknown): void {
    this.#gate.clear(new CancelledError("Call was cancelled: clear() came before it started", { cause: reason }));
  }

  async idle(): Promise<void> {
    if (this.active + this.waiting > 0) await new RuntimePromise<void>((resolve) => this.#idleWaiters.push(resolve));
  }

  #open(signal: AbortSignal | undefined): { cancellation: Cancellation; removeListener: () => void } {
    this.#signal?.throwIfAborted();
    signal?.throwIfAborted();
    const cancellation = new Cancellation();
    this.#add(cancellation);
    return { cancellation, removeListener: onAbort(signal, (reason) => cancellation.abort(reason)) };
  }

  #add(cancellation: Cancellation): void {
    if (this.#unsettled.size === 0) {
      this.#removeListener();
      this.#removeListener = onAbort(this.#signal, (reason) => {
        for (const cancellation of this.#unsettled) cancellation.abort(reason);
      });
    }
    this.#unsettled.add(cancellation);
  }

  #settled(cancellation: Cancellation, removeListener: () => void): void {
    removeListener();
    this.#unsettled.remove(cancellation);
    if (this.#unsettled.size === 0) this.#removeListener();
    this.#checkIdle();
  }

  #leave(key: unknown): void {
    this.#gate.leave(key);
    this.#checkIdle();
  }

  #checkIdle(): void {
    if (this.active + this.waiting > 0) return;
    for (const resolve of this.#idleWaiters) resolve();
    this.#idleWaiters = [];
  }
}
