/**
 * `TimeLimits`: the time limits of the calls that one worker has in flight. One timer watches them all. Only running
 * calls use up their time; the transport has the time at which each started.
 *
 * @module
 */
import { TaskTimeoutError } from "../core/errors.ts";
import { performance } from "../core/platform.ts";
import { dropFrames } from "../core/stack.ts";
import { clearTimeout, setTimeout, type Timer } from "../core/timer.ts";
import type { Transport } from "../transport/transport.ts";
import { type Chunk, type ChunkHolder, CLOSED } from "./job.ts";
import { limitOf, RECHECK, type RunLimit } from "./median_timeout.ts";
import { taskAtStart } from "./task_name.ts";

/** Watches the chunks of one slot. */
export class TimeLimits {
  readonly #chunks: readonly Chunk[];
  readonly #holder: Pick<ChunkHolder, "stop">;
  #timer: Timer | undefined;
  #due = 0;

  /** @param holder Stops each call that has run too long: it is asked again and again until the call is closed. */
  constructor(chunks: readonly Chunk[], holder: Pick<ChunkHolder, "stop">) {
    this.#chunks = chunks;
    this.#holder = holder;
  }

  /** Checks the calls of a job in time, if they have a limit. */
  watch(transport: Transport, job: RunLimit): void {
    const { timeout, medianTimeout } = job;
    if (timeout !== undefined) this.#checkIn(transport, medianTimeout ? Math.min(RECHECK, limitOf(job)!) : timeout);
  }

  #checkIn(transport: Transport, ms: number): void {
    const due = performance.now() + ms;
    if (this.#timer !== undefined && this.#due <= due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => this.#check(transport), Math.ceil(ms));
  }

  /** Clears the timer: no call is in flight. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #check(transport: Transport): void {
    this.#timer = undefined;
    const now = performance.now();
    let wait = Infinity;
    for (const chunk of [...this.#chunks]) {
      const { medianTimeout } = chunk.job;
      const timeout = limitOf(chunk.job);
      if (timeout === undefined) continue;
      if (medianTimeout) wait = Math.min(wait, RECHECK);
      // A call that has not started may start at once: its time runs out `timeout` from now at the earliest.
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
        const limit = medianTimeout ? `${medianTimeout.factor}x median, ${timeout}` : timeout;
        const message = `${taskAtStart(chunk.job.task)} ran longer than its timeout of ${limit} ms: it was stopped`;
        const error = dropFrames(new TaskTimeoutError(message, { timeout }));
        this.#holder.stop(chunk, offset, "rejected", error);
      }
    }
    if (wait < Infinity) this.#checkIn(transport, Math.max(wait, 1));
  }
}

/** Calls `onExpired` after `ms` milliseconds, the time limit of an initializer; does nothing if there is no limit. */
export function afterTimeout(ms: number | undefined, onExpired: (error: TaskTimeoutError) => void): Timer | undefined {
  if (ms === undefined) return undefined;
  const message = `Initializer ran longer than the pool's timeout of ${ms} ms: it was stopped`;
  return setTimeout(() => onExpired(new TaskTimeoutError(message, { timeout: ms })), ms);
}
