/**
 * `Gate`: lets calls start in order of arrival, within a concurrency and a rate. A call in progress holds a permit of a
 * semaphore with as many permits as the concurrency. A start is one of those that the rate allows in an interval. A call
 * with a key also holds a permit of its key; while it waits for that, the calls behind it go on.
 *
 * ```
 * enter(key)  -> [ waits for a permit of its key     ] \
 *                                                      v
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
import { KeyedSemaphore } from "./keyed_semaphore.ts";

/** A call that waits at the gate. */
class Waiter implements Abortable {
  readonly #cancellation: Cancellation;
  readonly #onAbort: (waiter: Waiter) => void;
  readonly #admitted = Promise.withResolvers<void>();
  /** Whether it was aborted; the gate then skips it. */
  aborted = false;
  /** Whether it has a permit of its key, or no key. */
  hasKeyPermit: boolean;

  constructor(cancellation: Cancellation, hasKeyPermit: boolean, onAbort: (waiter: Waiter) => void) {
    this.hasKeyPermit = hasKeyPermit;
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
    this.#onAbort(this);
  }
}

/** The gate of one limiter or run. */
export class Gate {
  #concurrency: number;
  readonly #rate: RateLimiter | undefined;
  readonly #keyPermits: KeyedSemaphore<Waiter> | undefined;
  readonly #newCalls = new Deque<Waiter>();
  readonly #retries = new Deque<Waiter>();
  #active = 0;
  #waiting = 0;
  #timer: Timer | undefined;

  /** @param perKey Maximum number of calls of one key in progress at a time. */
  constructor(concurrency: number, rate: RateLimiter | undefined, perKey?: number) {
    this.#concurrency = concurrency;
    this.#rate = rate;
    if (perKey !== undefined) this.#keyPermits = new KeyedSemaphore(perKey);
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

  /** Takes a permit, a start, and a permit of the key; `undefined` means at once. Rejects if the cancellation comes first. */
  enter(cancellation: Cancellation, key?: unknown): Promise<void> | undefined {
    const hasKeyPermit = key === undefined || this.#keyPermits!.take(key);
    if (
      hasKeyPermit && this.#waiting === 0 && this.#active < this.#concurrency && this.#retries.size === 0 &&
      this.#tryRate() === 0
    ) {
      this.#active++;
      return undefined;
    }
    this.#waiting++;
    const waiter = new Waiter(cancellation, hasKeyPermit, (waiter) => {
      this.#waiting--;
      if (waiter.hasKeyPermit) this.#releaseKeyPermit(key);
      this.#pump();
    });
    if (hasKeyPermit) this.#newCalls.push(waiter);
    else this.#keyPermits!.wait(key, waiter);
    this.#pump();
    return waiter.admitted;
  }

  /** Takes a start for a call that has a permit; `undefined` means at once. Rejects if the cancellation comes first. */
  takeStart(cancellation: Cancellation): Promise<void> | undefined {
    if (this.#rate === undefined || (this.#retries.size === 0 && this.#tryRate() === 0)) return undefined;
    const waiter = new Waiter(cancellation, true, () => this.#pump());
    this.#retries.push(waiter);
    this.#pump();
    return waiter.admitted;
  }

  /** Releases a permit, and that of the key. */
  leave(key?: unknown): void {
    this.#active--;
    this.#releaseKeyPermit(key);
    this.#pump();
  }

  /** Rejects all calls that wait for a permit. */
  clear(reason: unknown): void {
    const cleared = [...this.#newCalls, ...this.#keyPermits?.removeWaiters() ?? []];
    this.#newCalls.clear();
    for (const waiter of cleared) waiter.abort(reason);
    this.#pump();
  }

  // Gives the permit to the next call of the key that waits.
  #releaseKeyPermit(key: unknown): void {
    if (key === undefined) return;
    let next: Waiter | undefined;
    do next = this.#keyPermits!.release(key); while (next?.aborted);
    if (!next) return;
    next.hasKeyPermit = true;
    this.#newCalls.push(next);
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
