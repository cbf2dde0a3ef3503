/**
 * The input of a map, read item by item: a synchronous input when a worker can take more, an asynchronous input a little
 * ahead of the workers. Items are checked and copied as they are read.
 *
 * @module
 */
import { Recorded } from "../checkpoint/recorded.ts";
import { AsyncContext } from "../core/async_context.ts";
import { Deque } from "../core/deque.ts";
import { closeInput, hasEnded, type Input, isPlainArray, type OpenInput, openInput } from "../core/input.ts";
import type { InputFailure } from "../future/producer.ts";
import { badOption, isArray } from "../core/validate.ts";
import { snapshot } from "../protocol/snapshot.ts";
import { isPrimitive, Uncopyable } from "../protocol/transfer_error.ts";
import type { SharedEntry, Shares } from "../protocol/shared_value.ts";
import type { TaskEntry } from "../scheduler/job.ts";
import { refer } from "./shared_value.ts";

/** Milliseconds of work that is read ahead from an asynchronous input: twice what a worker is sent at a time. */
const READ_AHEAD = 4;
/** Maximum of that in items, for each one that runs. */
const MAX_READ_AHEAD = 2_000;

const NONE: unique symbol = Symbol("none");

/** How items are read. */
export interface MapInputOptions {
  /** What the map's method does, in error messages. */
  readonly action: string;
  /** Whether items are argument lists. */
  readonly spread: boolean;
  /** Whether items are copied. */
  readonly copy: boolean;
  /** Set if there may be {@linkcode Recorded} items. */
  readonly recorder: unknown;
}

/** The job that a {@linkcode MapInput} reads for. */
export interface MapReader {
  /** Maximum number of items that may be read and not taken. */
  readLimit(): number;
  /** An asynchronous input has one more item to take. */
  arrived(): void;
  /** The input has ended, or has thrown `failure`; `ahead` items are still to take, or being taken. */
  ended(ahead: number, failure?: InputFailure): void;
  /** A read that was under way has returned. */
  readReturned(): void;
}

/** An input that is being read. */
export class MapInput {
  readonly #input: OpenInput<unknown>;
  // An array is read by index: an iterator makes an object for each item, which takes twice the time of all the rest.
  readonly #list: readonly unknown[] | undefined;
  // The caller's asynchronous context, in which the code of any other input runs.
  readonly #context: AsyncContext | undefined;
  readonly #action: string;
  readonly #spread: boolean;
  readonly #copies: boolean;
  readonly #isRecorded: boolean;
  readonly #reader: MapReader;
  readonly #ahead = new Deque<unknown>();
  // Shared values that the items name, by id.
  readonly #shares = new Map<number, SharedEntry>();
  #handles = false;
  #at = 0;
  #isReading = false;
  #hasEnded = false;

  constructor(input: Input<unknown>, { action, spread, copy, recorder }: MapInputOptions, reader: MapReader) {
    this.#input = openInput(action, input);
    if (isPlainArray(input)) this.#list = input;
    else this.#context = new AsyncContext();
    this.#action = action;
    this.#spread = spread;
    this.#copies = copy;
    this.#isRecorded = recorder !== undefined;
    this.#reader = reader;
  }

  /** Number of items that can be taken now; `Infinity` if it is unknown. */
  get waiting(): number {
    return this.#input.sync && !this.#hasEnded ? Infinity : this.#ahead.size;
  }

  /** Whether nothing more is read. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Whether a read is under way. */
  get isReading(): boolean {
    return this.#isReading;
  }

  /** Shared values that stand in the items read so far, by id. */
  get shares(): Shares | undefined {
    return this.#shares.size > 0 ? this.#shares : undefined;
  }

  /** Whether there may be shared objects in the items read so far. */
  get handles(): boolean {
    return this.#handles;
  }

  /** Takes the next items, `max` at max. When the caller has counted them, it must call {@linkcode readOn}. */
  take(max: number): unknown[] {
    if (this.#list) return this.#read(max);
    if (this.#input.sync && !this.#isRecorded) return this.#context!.run(() => this.#read(max));
    const items: unknown[] = [];
    while (items.length < max && this.#hasNext(items.length)) {
      if (Recorded.is(this.#ahead.peek())) break;
      items.push(this.#ahead.shift());
    }
    return items;
  }

  /** Takes the next item if it is recorded; {@linkcode take} stops before such an item. */
  takeRecorded(): Recorded | undefined {
    if (!this.#isRecorded || !this.#hasNext(0) || !Recorded.is(this.#ahead.peek())) return undefined;
    return this.#ahead.shift() as Recorded;
  }

  /** Reads an asynchronous input, as far as the reader allows. */
  readOn(): void {
    const { async } = this.#input;
    if (!async || this.#isReading || this.#hasEnded) return;
    // To begin takes longer than to read an item. While items are ahead, workers have work, and will take them.
    const limit = this.#reader.readLimit();
    if (this.#ahead.size > 0 && this.#ahead.size > limit - 4 * (limit >> 6)) return;
    this.#context!.run(() => void this.#readAhead(async));
  }

  /** Stops reading, and drops the items that were not taken. */
  close(): void {
    this.#ahead.clear();
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    if (!this.#list) this.#context!.run(() => closeInput(this.#input));
  }

  // Whether an item is ahead; reads one of a synchronous input. `taken` items are being taken.
  #hasNext(taken: number): boolean {
    if (this.#ahead.size === 0 && this.#input.sync && !this.#hasEnded) {
      for (const item of this.#context!.run(() => this.#read(1, taken))) this.#ahead.push(item);
    }
    return this.#ahead.size > 0;
  }

  #read(max: number, taken = 0): unknown[] {
    const items: unknown[] = [];
    try {
      while (items.length < max && !this.#hasEnded) {
        const item = this.#next();
        if (item !== NONE) items.push(this.#accept(item));
        else {
          this.#hasEnded = true;
          this.#reader.ended(taken + items.length);
        }
      }
    } catch (reason) {
      this.#hasEnded = true;
      this.#reader.ended(taken + items.length, { reason });
    }
    return items;
  }

  #next(): unknown {
    if (this.#list) return this.#at < this.#list.length ? this.#list[this.#at++] : NONE;
    const next = this.#input.sync!.next();
    return hasEnded(next) ? NONE : next.value;
  }

  async #readAhead(input: AsyncIterator<unknown>): Promise<void> {
    this.#isReading = true;
    try {
      while (!this.#hasEnded && this.#ahead.size < this.#reader.readLimit()) {
        // The iterator may answer at once, not by a promise: an `await` would take as long as the rest of an item's way.
        const answer: IteratorResult<unknown> | Promise<IteratorResult<unknown>> = input.next();
        const next = "then" in answer ? await answer : answer;
        if (this.#hasEnded) break;
        if (hasEnded(next)) {
          this.#hasEnded = true;
          this.#reader.ended(this.#ahead.size);
        } else {
          this.#ahead.push(this.#accept(next.value));
          this.#reader.arrived();
        }
      }
    } catch (reason) {
      // After `close`, the map has ended for a reason of its own.
      if (!this.#hasEnded) {
        this.#hasEnded = true;
        this.#reader.ended(this.#ahead.size, { reason });
      }
    } finally {
      this.#isReading = false;
    }
    this.#reader.readReturned();
  }

  #accept(item: unknown): unknown {
    if (this.#isRecorded && Recorded.is(item)) return item;
    try {
      if (this.#spread && !isArray(item)) {
        throw badOption(this.#action, "items", item, "arrays, each the arguments of one call", false);
      }
      if (isPrimitive(item)) return item;
      const referred = refer(item, this.#spread, this.#shares);
      return this.#copies ? this.#copy(referred) : referred;
    } catch (error) {
      // The input itself has not failed, so it must be closed: no more of it is read.
      closeInput(this.#input);
      throw error;
    }
  }

  // An item that cannot be copied fails by itself, when it is sent; the map goes on.
  #copy(item: unknown): unknown {
    try {
      const { args, handles } = snapshot(this.#spread ? item as unknown[] : [item], []);
      this.#handles ||= handles;
      return this.#spread ? args : args[0];
    } catch (error) {
      const refused = new Uncopyable(item, (error as Error).cause);
      return this.#spread ? [refused] : refused;
    }
  }
}

/**
 * Returns how many items of an asynchronous input are read ahead while `running` items run: some milliseconds of work, and
 * two for each as long as the task's time is unknown.
 */
export function readAhead(running: number, { estimate = Infinity }: TaskEntry): number {
  return running * Math.min(MAX_READ_AHEAD, Math.max(2, READ_AHEAD / estimate));
}
