/**
 * The input of a map, read item by item: a synchronous one when a worker asks, an asynchronous one a little ahead.
 *
 * @module
 */
import { Deque } from "../core/deque.ts";
import { closeInput, type Input, isPlainArray, type OpenInput, openInput } from "../core/input.ts";

const NONE: unique symbol = Symbol("none");

/** What the owner of a {@linkcode MapInput} does with what it reads. */
export interface MapReader {
  /** Most items that may be at hand. */
  readonly readLimit: number;
  /** Checks and copies an item as it is read. */
  accept(item: unknown): unknown;
  /** An asynchronous input has one more at hand. */
  arrived(): void;
  /** The input has ended; `ahead` items are still at hand, or being taken. */
  ended(ahead: number): void;
  /** Reading failed. */
  failed(error: unknown): void;
  /** A read that was under way has come back. */
  readReturned(): void;
}

/** An input that is being read. */
export class MapInput {
  readonly #input: OpenInput<unknown>;
  // An array is read by index: an iterator makes an object for each item, which takes twice the time of all the rest.
  readonly #list: readonly unknown[] | undefined;
  #at = 0;
  readonly #reader: MapReader;
  readonly #ahead = new Deque<unknown>();
  #reading = false;
  #over = false;

  constructor(input: Input<unknown>, reader: MapReader) {
    this.#input = openInput("map", input);
    if (isPlainArray(input)) this.#list = input;
    this.#reader = reader;
  }

  /** How many items can be taken now; `Infinity` where nobody knows. */
  get waiting(): number {
    return this.#input.sync && !this.#over ? Infinity : this.#ahead.size;
  }

  /** Whether nothing more is read. */
  get over(): boolean {
    return this.#over;
  }

  /** Whether a read is under way. */
  get reading(): boolean {
    return this.#reading;
  }

  /** Takes the next items, `most` at most; once they are counted, {@linkcode readOn} has to follow. */
  take(most: number): unknown[] {
    if (this.#input.sync) return this.#read(most);
    const items: unknown[] = [];
    while (items.length < most && this.#ahead.size > 0) items.push(this.#ahead.shift());
    return items;
  }

  /** Reads on, as far as the reader allows. */
  readOn(): void {
    if (this.#input.async && !this.#reading) void this.#readAhead(this.#input.async);
  }

  /** Stops reading; drops what is at hand. */
  close(): void {
    this.#ahead.clear();
    if (this.#over) return;
    this.#over = true;
    closeInput(this.#input);
  }

  #read(most: number): unknown[] {
    const items: unknown[] = [];
    try {
      while (items.length < most && !this.#over) {
        const item = this.#next();
        if (item !== NONE) items.push(this.#reader.accept(item));
        else {
          this.#over = true;
          this.#reader.ended(items.length);
        }
      }
    } catch (error) {
      this.#over = true;
      this.#reader.failed(error);
    }
    return items;
  }

  #next(): unknown {
    if (this.#list) return this.#at < this.#list.length ? this.#list[this.#at++] : NONE;
    const next = this.#input.sync!.next();
    return next.done ? NONE : next.value;
  }

  async #readAhead(input: AsyncIterator<unknown>): Promise<void> {
    this.#reading = true;
    try {
      while (!this.#over && this.#ahead.size < this.#reader.readLimit) {
        const next = await input.next();
        if (this.#over) break;
        if (next.done) {
          this.#over = true;
          this.#reader.ended(this.#ahead.size);
        } else {
          this.#ahead.push(this.#reader.accept(next.value));
          this.#reader.arrived();
        }
      }
    } catch (error) {
      this.#over = true;
      this.#reader.failed(error);
    } finally {
      this.#reading = false;
    }
    this.#reader.readReturned();
  }
}
