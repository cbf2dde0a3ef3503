/**
 * `ProcessCalls`: the calls in flight with one worker process, and what is known of each.
 *
 * ```
 * sent --started--> runs --waits--> the worker takes another call --result, error--> ended
 *   \-- the worker has ended without a report that the call started: it has not run, and may run elsewhere
 * ```
 *
 * @module
 */
import { performance } from "../core/platform.ts";
import { trackWrite } from "../protocol/copy_memory.ts";
import type { Batch } from "./transport.ts";

/** Milliseconds after the last byte of a call has left the host, until its time limit counts although it has not started. */
const START_LIMIT = 1_000;

/** Maximum bytes of a batch whose calls may go to another worker: reading a larger one may be what the worker died of. */
const LARGE_BATCH = 2 ** 20;

/** A call in flight. */
interface Call {
  readonly sentAt: number;
  /** When the worker reported that the call has started. */
  startedAt: number | undefined;
  /** When its time limit begins to count without such a report: other code may block the worker. */
  assumedAt: number | undefined;
  /** Whether it must not run elsewhere, even if the worker dies before it starts it. */
  staysHere: boolean;
  /** Whether the worker may take long until it starts it: it reads a large batch, or loads code of this library first. */
  readonly startsSlowly: boolean;
}

/** The calls in flight with one worker. */
export class ProcessCalls {
  /** One more than the number of the last call that was sent. */
  tail = 0;
  /** Maximum processor time of the calls that were sent last, in milliseconds. */
  cpuTime: number | undefined;
  /** Maximum number of calls in flight. */
  readonly window: number;
  readonly #calls = new Map<number, Call>();
  // Code of this library that calls have made the worker load.
  readonly #loaded = new Set<"shared objects" | "tracer">();
  // With several calls at a time: the last one, until it waits or has ended. Until then it may block the worker.
  #blocking: number | undefined;
  readonly #startedTail: () => number;

  /** @param startedTail Returns one more than the number of the last call that is known to have started, modulo 2 ** 32. */
  constructor(window: number, startedTail: () => number) {
    this.window = window;
    this.#startedTail = startedTail;
  }

  /** How many more calls can be sent now. */
  get free(): number {
    return this.#blocking === undefined && this.#calls.size < this.window ? 1 : 0;
  }

  /** Number of the first call in flight. They are in the order of their numbers. */
  get head(): number {
    return this.#calls.keys().next().value ?? this.tail;
  }

  /** Whether a call is in flight. */
  has(seq: number): boolean {
    return this.#calls.has(seq);
  }

  /**
   * Adds the calls of a batch that is sent. If they have a time limit, it takes START_LIMIT at most until their time counts, from
   * the moment on at which the batch has left.
   *
   * @param run The frame of the batch.
   * @param bytes Size of all frames that are sent for the batch.
   * @returns What is to be called when the frame has left, if anything.
   */
  add(batch: Batch, run: readonly Uint8Array[], bytes: number): (() => void) | undefined {
    const { first, items, limits, timeout, handles, traceparent } = batch;
    this.cpuTime = limits?.cpuTime;
    const isLarge = bytes > LARGE_BATCH;
    const { size } = this.#loaded;
    if (handles) this.#loaded.add("shared objects");
    if (traceparent !== undefined) this.#loaded.add("tracer");
    const startsSlowly = isLarge || this.#loaded.size > size;
    const calls: Call[] = [];
    const sentAt = performance.now();
    for (let i = 0; i < items.length; i++) {
      const call: Call = { sentAt, startedAt: undefined, assumedAt: undefined, staysHere: isLarge, startsSlowly };
      calls.push(call);
      this.#calls.set(first + i, call);
    }
    this.tail = first + items.length;
    if (this.window > 1) this.#blocking = this.tail - 1;
    if (timeout === undefined) return trackWrite(run, undefined);
    return trackWrite(run, () => {
      const start = performance.now() + START_LIMIT;
      for (const call of calls) call.assumedAt = start;
    });
  }

  /** Notes that the worker has started a call. */
  started(seq: number): void {
    const call = this.#calls.get(seq);
    if (call) call.startedAt ??= performance.now();
  }

  /** Whether a call is in flight, and the worker has not reported that it has started. */
  isQueued(seq: number): boolean {
    this.#checkStarts();
    const call = this.#calls.get(seq);
    return call !== undefined && call.startedAt === undefined;
  }

  /** Whether the worker may take long until it starts what it was sent last. */
  get isSlowToStart(): boolean {
    this.#checkStarts();
    return this.#calls.values().some(({ startedAt, startsSlowly }) => startsSlowly && startedAt === undefined);
  }

  /** Notes that a call has begun to wait. Returns whether the worker takes another one from now on. */
  waits(seq: number): boolean {
    if (this.#blocking !== seq) return false;
    this.#blocking = undefined;
    return true;
  }

  /** Notes that a call must not run elsewhere, because it is being stopped. */
  keep(seq: number): void {
    const call = this.#calls.get(seq);
    if (call) call.staysHere = true;
  }

  /** Notes that no call in flight may run elsewhere. */
  keepAll(): void {
    for (const call of this.#calls.values()) call.staysHere = true;
  }

  /** Removes a call that has ended; `false` if it is not in flight. */
  ended(seq: number): boolean {
    this.waits(seq);
    return this.#calls.delete(seq);
  }

  /** When the time limit of a call began to count, or will; `undefined` if that is not known. */
  startedAt(seq: number): number | undefined {
    this.#checkStarts();
    const call = this.#calls.get(seq);
    return call?.startedAt ?? call?.assumedAt;
  }

  /** Whether a call of a worker that has ended may have run, or must not run elsewhere. */
  isLost(seq: number): boolean {
    this.#checkStarts();
    const call = this.#calls.get(seq);
    return !call || call.startedAt !== undefined || call.staysHere;
  }

  // Reads from the memory file which calls have started. It does not say when, so the time at which they were sent counts.
  #checkStarts(): void {
    const tail = this.#startedTail();
    for (const [seq, call] of this.#calls) {
      if ((tail - seq | 0) <= 0) return;
      call.startedAt ??= call.sentAt;
    }
  }
}
