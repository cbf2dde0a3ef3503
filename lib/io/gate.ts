/**
 * Who may start: first come, first served, within a concurrency and a rate.
 *
 * ```
 * enter() -> [ waits for a place and the rate ] \
 *                                                >- in this order, turns first -> starts ... leave()
 * turn()  -> [ has a place, waits for the rate ] /
 * ```
 *
 * @module
 */
import { Deque } from "../core/deque.ts";
import type { RateLimiter } from "../core/rate.ts";
import type { Timer } from "../core/timer.ts";
import type { Abortable, Cancellation } from "./cancellation.ts";

/** A place in a queue. */
class Ticket implements Abortable {
  readonly #cancellation: Cancellation;
  readonly #left: () => void;
  readonly #called = Promise.withResolvers<void>();
  /** Whether it has left the queue early: it is passed over. */
  gone = false;

  constructor(cancellation: Cancellation, left: () => void) {
    this.#cancellation = cancellation;
    this.#left = left;
    cancellation.add(this);
  }

  /** Resolves when it is its turn. */
  get called(): Promise<void> {
    return this.#called.promise;
  }

  call(): void {
    this.#cancellation.delete(this);
    this.#called.resolve();
  }

  abort(reason: unknown): void {
    if (this.gone) return;
    this.gone = true;
    this.#called.reject(reason);
    this.#left();
  }
}

/** One gate. */
export class Gate {
  readonly #concurrency: number;
  readonly #rate: RateLimiter | undefined;
  readonly #entering = new Deque<Ticket>();
  readonly #turns = new Deque<Ticket>();
  #active = 0;
  #waiting = 0;
  #timer: Timer | undefined;

  constructor(concurrency: number, rate: RateLimiter | undefined) {
    this.#concurrency = concurrency;
    this.#rate = rate;
  }

  /** Places that are taken. */
  get active(): number {
    return this.#active;
  }

  /** How many wait for a place. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Takes a place and a start: at once if it returns `undefined`. Rejects when the cancellation comes first. */
  enter(cancellation: Cancellation): Promise<void> | undefined {
    if (this.#waiting === 0 && this.#active < this.#concurrency && this.#turns.size === 0 && this.#take() === 0) {
      this.#active++;
      return undefined;
    }
    this.#waiting++;
    const ticket = new Ticket(cancellation, () => {
      this.#waiting--;
      this.#pump();
    });
    this.#entering.push(ticket);
    this.#pump();
    return ticket.called;
  }

  /** Takes a start for one who has a place: at once if it returns `undefined`. */
  turn(cancellation: Cancellation): Promise<void> | undefined {
    if (this.#rate === undefined || (this.#turns.size === 0 && this.#take() === 0)) return undefined;
    const ticket = new Ticket(cancellation, () => this.#pump());
    this.#turns.push(ticket);
    this.#pump();
    return ticket.called;
  }

  /** Gives a place back. */
  leave(): void {
    this.#active--;
    this.#pump();
  }

  /** Sends away all who wait for a place. */
  clear(reason: unknown): void {
    const cleared = [...this.#entering];
    this.#entering.clear();
    for (const ticket of cleared) ticket.abort(reason);
    this.#pump();
  }

  #take(): number {
    return this.#rate?.take(performance.now()) ?? 0;
  }

  #pump(): void {
    for (;;) {
      const turn = head(this.#turns);
      const ticket = turn ?? (this.#active < this.#concurrency ? head(this.#entering) : undefined);
      // A timer for nobody would keep the script alive.
      if (ticket === undefined) return this.#sleep(0);
      const wait = this.#take();
      if (wait > 0) return this.#sleep(wait);
      if (turn) this.#turns.shift();
      else {
        this.#entering.shift();
        this.#waiting--;
        this.#active++;
      }
      ticket.call();
    }
  }

  // One timer; 0 ends it. One that is set is right: when the rate allows the next start depends on past ones only.
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

// The first who is still there; the others are dropped.
function head(queue: Deque<Ticket>): Ticket | undefined {
  let ticket = queue.peek();
  while (ticket?.gone) {
    queue.shift();
    ticket = queue.peek();
  }
  return ticket;
}
