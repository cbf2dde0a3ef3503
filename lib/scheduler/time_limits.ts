/**
 * The time limits of the calls that one worker holds. One timer watches them all: only running calls use up their time,
 * and when a call started is read from the transport.
 *
 * @module
 */
import { TaskTimeoutError } from "../core/errors.ts";
import type { Timer } from "../core/timer.ts";
import type { Transport } from "../transport/transport.ts";
import { type Chunk, CLOSED } from "./job.ts";

/** Called for each call that has run too long, until it is gone from the chunks. */
export type Expired = (chunk: Chunk, offset: number, error: TaskTimeoutError) => void;

/** Watches the chunks of one slot. */
export class TimeLimits {
  readonly #chunks: readonly Chunk[];
  readonly #expired: Expired;
  #timer: Timer | undefined;
  #due = 0;

  constructor(chunks: readonly Chunk[], expired: Expired) {
    this.#chunks = chunks;
    this.#expired = expired;
  }

  /** Looks again in `ms` milliseconds at the latest. */
  watch(transport: Transport, ms: number): void {
    const due = performance.now() + ms;
    if (this.#timer !== undefined && this.#due <= due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => this.#check(transport), Math.ceil(ms));
  }

  /** Nothing is left to watch. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #check(transport: Transport): void {
    this.#timer = undefined;
    const now = performance.now();
    let wait = Infinity;
    for (const chunk of [...this.#chunks]) {
      const { timeout } = chunk.job;
      if (timeout === undefined) continue;
      // A call that has not started may start the next moment: it gets at least its whole time from now.
      wait = Math.min(wait, timeout);
      for (let offset = 0; offset < chunk.items.length; offset++) {
        if (chunk.items[offset] === CLOSED) continue;
        const started = transport.startedAt(chunk.firstSeq + offset);
        if (started === undefined) break;
        const left = started + timeout - now;
        if (left > 0) {
          wait = Math.min(wait, left);
          continue;
        }
        const message = `Task ran longer than its timeout of ${timeout} ms: it was stopped`;
        this.#expired(chunk, offset, new TaskTimeoutError(message, { timeout }));
      }
    }
    if (wait < Infinity) this.watch(transport, Math.max(wait, 1));
  }
}

/** Watches an initializer, if it has a limit of `ms` milliseconds. */
export function afterTimeout(ms: number | undefined, expired: (error: TaskTimeoutError) => void): Timer | undefined {
  if (ms === undefined) return undefined;
  const message = `Initializer ran longer than the pool's timeout of ${ms} ms: it was stopped`;
  return setTimeout(() => expired(new TaskTimeoutError(message, { timeout: ms })), ms);
}
