/**
 * `Gate`: lets calls start in order of arrival, within a concurrency and a rate. A call in progress has a permit, as of a
 * semaphore: there are as many as the concurrency. A start is one of those that
 * the rate allows in an interval.
 *
 * ```
 * enter()     -> [ waits for a permit and the rate  ] \
 *                                                      >- in this order, retries first -> starts ... leave()
 * takeStart() -> [ has a permit, waits for the rate  ] /
 * ```
 *
 * @module
 */
import { Deque } from "../core/deque.ts";
import { performance, Promise } from "../core/platform.ts";
import type { RateLimiter } from "../core/rate.ts";
import { clearTimeout, setTimeout, type Timer } from "../core/timer.ts";
import type { Abortable, Cancellation } from "./cancellation.ts";

/** A call that waits at the gate. */
class Waiter implements Abortable {
  readonly #cancellation: Cancellation;
  readonly #onAbort: () => void;
  readonly #admitted = Promise.withResolvers<void>();
  /** Whether it was aborted; the gate then skips it. */
  aborted = false;

  constructor(cancellation: Cancellation, onAbort: () => void) {
    this.#cancellation = cancellation;
    this.#onAbort = onAbort;
    cancellation.add(this);
  }

  /** Resolves when the gate admits the call. */
  get admitted(): Promise<void> {
    return this.#admitted.promise;
  }

  admit(): void {
    this.#cancellation.delete(this);
    this.#admitted.resolve();
  }

  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.#admitted.reject(reason);
    this.#onAbort();
  }
}

/** The gate of one limiter or run. */
export class Gate {
  #concurrency: number;
  readonly #rate: RateLimiter | undefined;
  readonly #newCalls = new Deque<Waiter>();
  readonly #retries = new Deque<Waiter>();
  #active = 0;
  #waiting = 0;
  #timer: Timer | undefined;

  constructor(concurrency: number, rate: RateLimiter | undefined) {
    this.#concurrency = concurrency;
    this.#rate = rate;
  }

  /** Maximum number of permits that are taken at a time. */
  get concurrency(): number {
    return this.#concurrency;
  }

  set concurrency(value: number) {
    this.#concurrency = value;
    this.#pump();
  }

  /** Number of permits that are taken. */
  get active(): number {
    return this.#active;
  }

  /** Number of calls that wait for a permit. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Takes a permit and a start; `undefined` means at once. Rejects if the cancellation comes first. */
  enter(cancellation: Cancellation): Promise<void> | undefined {
    if (this.#waiting === 0 && this.#active < this.#concurrency && this.#retries.size === 0 && this.#tryRate() === 0) {
      this.#active++;
      return undefined;
    }
    this.#waiting++;
    const waiter = new Waiter(cancellation, () => {
      this.#waiting--;
      this.#pump();
    });
    this.#newCalls.push(waiter);
    this.#pump();
    return waiter.admitted;
  }

  /** Takes a start for a call that has a permit; `undefined` means at once. Rejects if the cancellation comes first. */
  takeStart(cancellation: Cancellation): Promise<void> | undefined {
    if (this.#rate === undefined || (this.#retries.size === 0 && this.#tryRate() === 0)) return undefined;
    const waiter = new Waiter(cancellation, () => this.#pump());
    this.#retries.push(waiter);
    this.#pump();
    return waiter.admitted;
  }

  /** Releases a permit. */
  leave(): void {
    this.#active--;
    this.#pump();
  }

  /** Rejects all calls that wait for a permit. */
  clear(reason: unknown): void {
    const cleared = [...this.#newCalls];
    this.#newCalls.clear();
    for (const waiter of cleared) waiter.abort(reason);
    this.#pump();
  }

  // Takes a start from the rate: 0 if there was one, else the milliseconds to wait.
  #tryRate(): number {
    return this.#rate?.take(performance.now()) ?? 0;
  }

  #pump(): void {
    for (;;) {
      const retry = head(this.#retries);
      const waiter = retry ?? (this.#active < this.#concurrency ? head(this.#newCalls) : undefined);
      // Without a waiter, a timer would only keep the script alive.
      if (waiter === undefined) return this.#sleep(0);
      const wait = this.#tryRate();
      if (wait > 0) return this.#sleep(wait);
      if (retry) this.#retries.shift();
      else {
        this.#newCalls.shift();
        this.#waiting--;
        this.#active++;
      }
      waiter.admit();
    }
  }

  // Sets the one timer; 0 clears it. A timer that is set stays right: the time of the next start depends on past starts only.
  #sleep(ms: number): void {
    if (ms === 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    } else {this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#pump();
      }, Math.ceil(ms));}
  }
}

// Returns the first waiter that was not aborted, and drops those before it.
function head(queue: Deque<Waiter>): Waiter | undefined {
  let waiter = queue.peek();
  while (waiter?.aborted) {
    queue.shift();
    waiter = queue.peek();
  }
  return waiter;
}
