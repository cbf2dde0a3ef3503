/**
 * Runs machines without blocking the thread while they sleep.
 *
 * ```
 * word ---- one Atomics.waitAsync ----> Place ---- in order of arrival ----> machine, machine, machine
 *                 notified                    wakes the first; if that one ends, the next; and so on
 * ```
 *
 * However many tasks of a thread wait for one word, the thread has one entry in the runtime's list of waiters. An entry
 * cannot be taken back, so one for each waiter would leave one behind for each that gives up: memory, and worse, an
 * entry that swallows a notification meant for somebody else. Here the last to give up wakes the entry itself.
 *
 * A woken entry stands for one notification. It goes to the first machine; if that one ends, there may be more to have
 * (a released semaphore, a set event), so the next one looks as well, until one goes back to sleep. If there is none,
 * the notification is passed on.
 *
 * `waitAsync` does not keep the script alive. While something sleeps here, a timer does; and every 50 ms it looks
 * everywhere: for deaths, and for notifications that went to a thread which is too busy to take them.
 *
 * @module
 */
import { onAbort } from "../core/abort.ts";
import type { Timer } from "../core/timer.ts";
import type { SharedWords } from "./memory.ts";
import { DONE, WAIT } from "./steps/step.ts";
import { checkWanted, conclude, type Machine, SLICE } from "./waiting.ts";

const places = new Map<SharedWords, Map<number, Place>>();
let looking: Timer | undefined;

/**
 * Runs a machine to its end.
 *
 * The promise rejects with a {@linkcode WaitTimeoutError}, the signal's reason, or a {@linkcode LockAbandonedError}.
 */
export function runAsync(running: Machine, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) return Promise.reject(signal.reason);
  const waiter = new Waiter(running);
  if (waiter.advance()) return waiter.promise(signal);
  if (running.timeout === 0) {
    waiter.quit();
    if (waiter.ended) return waiter.promise(signal);
  }
  const timer = running.timeout === undefined ? undefined : setTimeout(() => waiter.quit(), running.timeout);
  const forget = onAbort(signal, () => waiter.quit());
  return waiter.promise(signal).finally(() => {
    clearTimeout(timer);
    forget();
  });
}

/** A machine that has slept at least once, or is about to. */
class Waiter {
  ended = false;
  readonly running: Machine;
  #place: Place | undefined;
  readonly #end = Promise.withResolvers<void>();

  constructor(running: Machine) {
    this.running = running;
  }

  /** Settles when the machine has ended. */
  promise(signal: AbortSignal | undefined): Promise<void> {
    return this.#end.promise.then(() => conclude(this.running, signal));
  }

  /** Runs until it sleeps or ends; `true` if it ended. */
  advance(): boolean {
    try {
      return this.#advance();
    } catch (error) {
      // A machine that copies a record runs code of others.
      this.fail(error);
      return true;
    }
  }

  #advance(): boolean {
    const { frame, step } = this.running;
    for (;;) {
      const outcome = step();
      if (outcome === DONE) {
        this.ended = true;
        this.#leave();
        this.#end.resolve();
        return true;
      }
      if (outcome !== WAIT) continue;
      const place = placeOf(frame.where as SharedWords, frame.on);
      if (place !== this.#place) this.#leave();
      this.#place = place;
      if (place.sleep(this, frame.expected)) return false;
    }
  }

  /** Out of time: makes the machine give up, which it may refuse. */
  quit(): void {
    if (this.ended) return;
    this.running.frame.quit = true;
    this.advance();
  }

  /** Ends it from outside. */
  fail(error: unknown): void {
    this.ended = true;
    this.#leave();
    this.#end.reject(error);
  }

  #leave(): void {
    this.#place?.leave(this);
    this.#place = undefined;
  }
}

/** A word that machines of this thread sleep on. */
class Place {
  readonly #words: SharedWords;
  readonly #at: number;
  // In order of arrival.
  readonly #waiters = new Set<Waiter>();
  #armed = false;
  #waking = false;

  constructor(words: SharedWords, at: number) {
    this.#words = words;
    this.#at = at;
  }

  /** Puts a machine to sleep, unless the word has changed. One that slept here keeps its place in the line. */
  sleep(waiter: Waiter, expected: number): boolean {
    const { array: cells } = this.#words;
    if (this.#armed) {
      // The entry is in the list already: a notification that comes after this look reaches it.
      if (Atomics.load(cells, this.#at) !== expected) return false;
    } else {
      const entry = Atomics.waitAsync(cells, this.#at, expected);
      if (!entry.async) return false;
      this.#armed = true;
      void entry.value.then(() => this.#notified());
    }
    this.#waiters.add(waiter);
    return true;
  }

  /** Takes a machine out. The last one wakes the entry, so that it is not left behind. */
  leave(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    if (this.#waiters.size > 0) return;
    if (this.#armed) Atomics.notify(this.#words.array, this.#at);
    forget(this.#words, this.#at, this);
  }

  #notified(): void {
    this.#armed = false;
    if (this.#waiters.size === 0) Atomics.notify(this.#words.array, this.#at, 1);
    else this.wake();
  }

  /** Lets the first machine look, and the next ones as long as they end. */
  wake(): void {
    if (this.#waking) return;
    this.#waking = true;
    try {
      for (const waiter of this.#waiters) {
        if (!waiter.advance() && this.#waiters.has(waiter)) break;
      }
    } finally {
      this.#waking = false;
    }
  }

  /** The look of every slice. */
  look(): void {
    for (const waiter of this.#waiters) {
      try {
        checkWanted(waiter.running);
      } catch (error) {
        waiter.fail(error);
      }
    }
    this.wake();
  }
}

function placeOf(words: SharedWords, at: number): Place {
  startLooking();
  let found = places.get(words);
  if (found === undefined) places.set(words, found = new Map());
  let place = found.get(at);
  if (place === undefined) found.set(at, place = new Place(words, at));
  return place;
}

function startLooking(): void {
  if (looking !== undefined) return;
  const timer = setInterval(lookEverywhere, SLICE);
  // The first timer of an isolate makes Deno load its timers, which runs microtasks: somebody may have been here.
  if (looking === undefined) looking = timer;
  else clearInterval(timer);
}

function forget(words: SharedWords, at: number, place: Place): void {
  const found = places.get(words);
  if (found?.get(at) !== place) return;
  found.delete(at);
  if (found.size === 0) places.delete(words);
  if (places.size > 0) return;
  clearInterval(looking);
  looking = undefined;
}

function lookEverywhere(): void {
  for (const found of [...places.values()]) for (const place of [...found.values()]) place.look();
}
