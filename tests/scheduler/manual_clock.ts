/**
 * `ManualClock`: a clock that moves only when the test calls `advance`. So a test of a time limit neither waits nor depends
 * on how busy the machine is.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { performance as libraryClock } from "../../lib/core/platform.ts";
import { timerFunctions } from "../../lib/core/timer.ts";

const real = { ...timerFunctions, now: performance.now.bind(performance) };

/** Lets everything run that needs no more than a turn of the event loop, whatever clock is installed. */
export function turn(): Promise<void> {
  return new Promise((resolve) => real.setTimeout(resolve, 0));
}

/** Calls `step` and takes a turn until `isDone`, for at most 10 s of real time. */
export async function turnUntil(isDone: () => boolean, step: () => void = () => {}): Promise<void> {
  const deadline = real.now() + 10_000;
  while (!isDone()) {
    if (real.now() > deadline) throw new Error("Still waiting after 10 s");
    step();
    await turn();
  }
}

class ManualTimer {
  constructor(readonly callback: () => void, public due: number, readonly interval: number | undefined) {}

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

/** Replaces the timers of the library and `performance.now()`, of the library and of the test, until it is disposed. */
export class ManualClock implements Disposable {
  #now = 1_000;
  readonly #timers = new Set<ManualTimer>();

  constructor() {
    const add = (callback: () => void, ms: number, interval?: number) => {
      const timer = new ManualTimer(callback, this.#now + ms, interval);
      this.#timers.add(timer);
      return timer;
    };
    const remove = (timer: unknown) => this.#timers.delete(timer as ManualTimer);
    Object.assign(timerFunctions, {
      setTimeout: (callback: () => void, ms = 0) => add(callback, ms),
      setInterval: (callback: () => void, ms = 0) => add(callback, ms, ms),
      clearTimeout: remove,
      clearInterval: remove,
    });
    libraryClock.now = performance.now = () => this.#now;
  }

  /** Timers that are set. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets `ms` milliseconds pass: fires every timer that becomes due, in order, and takes a turn after each. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await turn();
    for (let timer; (timer = this.#nextDue(end));) {
      this.#now = Math.max(this.#now, timer.due);
      if (timer.interval === undefined) this.#timers.delete(timer);
      else timer.due += timer.interval;
      timer.callback();
      await turn();
    }
    this.#now = end;
  }

  /** Lets `ms` milliseconds pass within this turn of the event loop: no timer fires. */
  passInTurn(ms: number): void {
    this.#now += ms;
  }

  /** Lets the whole process stand still for `ms` milliseconds: after it, each timer that has become due fires once. */
  async standStill(ms: number): Promise<void> {
    await turn();
    this.#now += ms;
    for (const timer of [...this.#timers]) {
      if (timer.due > this.#now || !this.#timers.has(timer)) continue;
      if (timer.interval === undefined) this.#timers.delete(timer);
      else timer.due = this.#now + timer.interval;
      timer.callback();
      await turn();
    }
  }

  [Symbol.dispose](): void {
    const { now, ...timers } = real;
    Object.assign(timerFunctions, timers);
    libraryClock.now = performance.now = now;
  }

  #nextDue(end: number): ManualTimer | undefined {
    let next: ManualTimer | undefined;
    for (const timer of this.#timers) if (timer.due <= end && (!next || timer.due < next.due)) next = timer;
    return next;
  }
}

/** A test whose time passes by `clock.advance` only. It must leave no timer set. */
export function testWithClock(title: string, body: (clock: ManualClock) => Promise<void>): void {
  Deno.test(title, async () => {
    using clock = new ManualClock();
    await body(clock);
    assertEquals(clock.pending, 0, "timers are still set");
  });
}
