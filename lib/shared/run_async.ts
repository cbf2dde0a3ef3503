/**
 * Runs the state machines of calls (steps/step.ts) without blocking the thread while they sleep.
 *
 * ```
 * word ---- one Atomics.waitAsync ----> WaitQueue ---- in order of their calls --> machine, machine, machine
 *                 notified                      wakes the first; if that machine ends, the next; and so on
 * ```
 *
 * A thread has one entry for each word in the runtime's list of waiters, however many of its tasks wait for that word. The
 * runtime offers no way to cancel an entry. With one entry for each task, a task that gives up would leave its entry behind:
 * a memory leak, and worse, an entry that receives a notification in place of another waiter. Here the last task to give up
 * wakes the thread's entry itself.
 *
 * A woken entry stands for one notification, which goes to the first machine. If that machine ends, more may be available (a
 * semaphore released several permits, an event was set), so the next machine runs too, until one sleeps again. If no machine
 * waits any more, the entry sends the notification on.
 *
 * `waitAsync` does not keep the script alive. So a timer does, while any machine of this thread sleeps here; a machine that
 * runs for a worker process does not count, since the task there keeps the script alive. Every 50 ms that timer runs all
 * machines, to notice deaths, and to use notifications that went to a thread which is too busy to take them.
 *
 * @module
 */
import { onAbort } from "../core/abort.ts";
import { corruptMemory, MAX_STEPS } from "../core/corrupt_memory.ts";
import { Atomics, Promise } from "../core/platform.ts";
import { clearInterval, clearTimeout, loadTimers, setInterval, setTimeout, type Timer } from "../core/timer.ts";
import type { SharedWords } from "./memory.ts";
import { DONE, WAIT } from "./steps/step.ts";
import { conclude, type Machine, POLL_INTERVAL, throwIfStopped } from "./waiting.ts";

const queues = new Map<SharedWords, Map<number, WaitQueue>>();
// How many of them are of this thread, and not of a worker process: those keep the script alive.
let ownQueues = 0;
let pollTimer: Timer | undefined;

/**
 * Runs a machine to its end.
 *
 * The promise rejects with a {@linkcode WaitTimeoutError}, the signal's reason, or a {@linkcode LockAbandonedError}.
 */
export function runAsync(machine: Machine, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) return Promise.reject(signal.reason);
  if (machine.timeout) loadTimers();
  const waiter = new Waiter(machine);
  if (waiter.advance()) return waiter.promise(signal);
  if (machine.timeout === 0) {
    waiter.giveUp();
    if (waiter.ended) return waiter.promise(signal);
  }
  const timer = machine.timeout === undefined ? undefined : setTimeout(() => waiter.giveUp(), machine.timeout);
  if (machine.owners.isGuest) timer?.unref();
  const removeListener = onAbort(signal, () => waiter.giveUp());
  return waiter.promise(signal).finally(() => {
    clearTimeout(timer);
    removeListener();
  });
}

let waiterCount = 0;

/** A machine that sleeps, or is about to. */
class Waiter {
  /** The calls of this thread are numbered in their order. */
  readonly number: number = ++waiterCount;
  ended = false;
  readonly machine: Machine;
  #queue: WaitQueue | undefined;
  readonly #end = Promise.withResolvers<void>();

  constructor(machine: Machine) {
    this.machine = machine;
  }

  /** Settles when the machine has ended. */
  promise(signal: AbortSignal | undefined): Promise<void> {
    return this.#end.promise.then(() => conclude(this.machine, signal));
  }

  /** Runs the machine until it sleeps or ends; returns `true` if it has ended. */
  advance(): boolean {
    try {
      return this.#advance();
    } catch (error) {
      // A machine that copies a record runs code of its caller.
      this.fail(error);
      return true;
    }
  }

  #advance(): boolean {
    const { call, frame, step } = this.machine;
    for (let steps = 0; steps < MAX_STEPS; steps++) {
      const outcome = step();
      if (outcome === DONE) {
        this.ended = true;
        this.#leave();
        this.#end.resolve();
        return true;
      }
      if (outcome !== WAIT) continue;
      const queue = queueOf(frame.where as SharedWords, frame.on);
      if (queue !== this.#queue) this.#leave();
      this.#queue = queue;
      if (queue.sleep(this, frame.expected)) return false;
    }
    throw corruptMemory(call);
  }

  /** Asks the machine to give up, at a timeout or abort. The machine may first have to finish, or sleep again. */
  giveUp(): void {
    if (this.ended) return;
    this.machine.frame.giveUp = true;
    this.advance();
  }

  /** Ends the wait with an error. */
  fail(error: unknown): void {
    this.ended = true;
    this.#leave();
    this.#end.reject(error);
  }

  #leave(): void {
    this.#queue?.leave(this);
    this.#queue = undefined;
  }
}

/** The machines of this thread that sleep on one word. */
class WaitQueue {
  readonly #words: SharedWords;
  readonly #at: number;
  // In the order of their calls.
  readonly #waiters = new Set<Waiter>();
  #newest = 0;
  #hasEntry = false;
  #isWaking = false;

  constructor(words: SharedWords, at: number) {
    this.#words = words;
    this.#at = at;
  }

  /** Puts a machine to sleep, unless the word has changed. A machine that slept here before keeps its place. */
  sleep(waiter: Waiter, expected: number): boolean {
    const { array } = this.#words;
    if (this.#hasEntry) {
      // The runtime has the entry already, so a notification that comes after this load reaches it.
      if (Atomics.load(array, this.#at) !== expected) return false;
    } else {
      const entry = Atomics.waitAsync(array, this.#at, expected);
      if (!entry.async) return false;
      this.#hasEntry = true;
      void entry.value.then(() => this.#onNotified());
    }
    this.#enter(waiter);
    return true;
  }

  // A machine that has slept on another word meanwhile, on a lock for instance, gets its place back. At the end it would
  // wait for those behind it, which in turn may wait for it: the puts of one thread into a queue do.
  #enter(waiter: Waiter): void {
    if (this.#waiters.has(waiter)) return;
    this.#waiters.add(waiter);
    if (waiter.number > this.#newest) {
      this.#newest = waiter.number;
      return;
    }
    const inOrder = [...this.#waiters].sort((a, b) => a.number - b.number);
    this.#waiters.clear();
    for (const each of inOrder) this.#waiters.add(each);
  }

  /** Removes a machine. The last one wakes the entry, so that the runtime drops it. */
  leave(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    if (this.#waiters.size > 0) return;
    if (this.#hasEntry) Atomics.notify(this.#words.array, this.#at);
    remove(this.#words, this.#at, this);
  }

  #onNotified(): void {
    this.#hasEntry = false;
    if (this.#waiters.size === 0) Atomics.notify(this.#words.array, this.#at, 1);
    else this.wake();
  }

  /** Runs the first machine, and the following ones as long as each ends. */
  wake(): void {
    if (this.#isWaking) return;
    this.#isWaking = true;
    try {
      for (const waiter of this.#waiters) {
        if (!waiter.advance() && this.#waiters.has(waiter)) break;
      }
    } finally {
      this.#isWaking = false;
    }
  }

  /** Ends the waits of a stopped thread, then wakes machines as a notification does. */
  poll(): void {
    for (const waiter of this.#waiters) {
      try {
        throwIfStopped(waiter.machine);
      } catch (error) {
        waiter.fail(error);
      }
    }
    this.wake();
  }
}

function queueOf(words: SharedWords, at: number): WaitQueue {
  startPolling();
  let found = queues.get(words);
  if (found === undefined) queues.set(words, found = new Map());
  let queue = found.get(at);
  if (queue === undefined) {
    found.set(at, queue = new WaitQueue(words, at));
    if (!words.owners.isGuest && ++ownQueues === 1) pollTimer?.ref();
  }
  return queue;
}

function startPolling(): void {
  if (pollTimer !== undefined) return;
  const timer = setInterval(pollAll, POLL_INTERVAL);
  // The first timer of an isolate makes Deno load its timers, which runs microtasks: one of them may have come first.
  if (pollTimer === undefined) pollTimer = timer;
  else clearInterval(timer);
  if (ownQueues === 0) pollTimer.unref();
}

function remove(words: SharedWords, at: number, queue: WaitQueue): void {
  const found = queues.get(words);
  if (found?.get(at) !== queue) return;
  found.delete(at);
  if (!words.owners.isGuest && --ownQueues === 0) pollTimer?.unref();
  if (found.size === 0) queues.delete(words);
  if (queues.size > 0) return;
  clearInterval(pollTimer);
  pollTimer = undefined;
}

function pollAll(): void {
  for (const found of [...queues.values()]) for (const queue of [...found.values()]) queue.poll();
}
