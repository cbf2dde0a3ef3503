/**
 * `Feed`: the input of a command's map. It keeps the items that have not ended, and can be stopped at any time.
 *
 * @module
 */
import { Promise } from "../core/platform.ts";
import { Unfinished } from "./unfinished.ts";

/** An item and its position in the input, from 1. */
export interface Numbered {
  readonly seq: number;
  readonly item: unknown;
}

/** What holds items back. */
export interface FeedOptions {
  /** Returns whether an item is left out: an earlier run has done it. */
  skip?: (item: unknown) => boolean;
  /** Resolves when the next item may start. */
  gate?: () => Promise<void>;
}

const DONE: IteratorResult<unknown> = { done: true, value: undefined };

/** An input whose items come some at a time. */
export class Feed implements AsyncIterableIterator<unknown> {
  /** Number of items that were left out. */
  skipped = 0;
  readonly #source: AsyncIterator<unknown[]>;
  readonly #options: FeedOptions;
  readonly #direct: boolean;
  #batch: unknown[] = [];
  #at = 0;
  #count = 0;
  #seq = 0;
  // By the index that the map counts, which leaves out what was skipped.
  readonly #unfinished = new Unfinished();
  readonly #seqs = new Map<number, number>();
  #stopped = false;
  // Ends the wait that is under way.
  #endWait = (): void => {};

  constructor(source: AsyncIterable<unknown[]>, options: FeedOptions = {}) {
    this.#source = source[Symbol.asyncIterator]();
    this.#options = options;
    this.#direct = !options.skip && !options.gate;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Answers at once if an item is at hand: a promise would take as long as the rest of the item's way through this thread. */
  next(): Promise<IteratorResult<unknown>> {
    const answer = this.#direct && this.#at < this.#batch.length && !this.#stopped ? this.#enter() : this.#search();
    return answer as Promise<IteratorResult<unknown>>;
  }

  /** {@inheritDoc AsyncIterator.return} */
  return(): Promise<IteratorResult<unknown>> {
    this.stop();
    return Promise.resolve(DONE);
  }

  /** Ends the input, also while a read of it waits. */
  stop(): void {
    this.#stopped = true;
    this.#endWait();
  }

  /** Returns the item that the map has counted as `index`, which has ended. */
  take(index: number): Numbered {
    const item = this.#unfinished.take(index);
    if (this.#direct) return { seq: index + 1, item };
    const seq = this.#seqs.get(index)!;
    this.#seqs.delete(index);
    return { seq, item };
  }

  async #search(): Promise<IteratorResult<unknown>> {
    const { skip, gate } = this.#options;
    for (;;) {
      while (this.#at === this.#batch.length && !this.#stopped) {
        const next = await this.#unlessStopped(this.#source.next());
        if (!next || next.done) return DONE;
        [this.#batch, this.#at] = [next.value, 0];
      }
      if (this.#stopped) return DONE;
      if (skip?.(this.#batch[this.#at])) {
        this.#at++;
        this.#seq++;
        this.skipped++;
        continue;
      }
      if (gate) {
        await this.#unlessStopped(gate());
        if (this.#stopped) return DONE;
      }
      return this.#enter();
    }
  }

  // Waits for a promise, or for the stop. `Promise.race` with a promise of the stop would keep every batch in memory.
  #unlessStopped<T>(promise: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      this.#endWait = () => resolve(undefined);
      promise.then(resolve, reject);
    });
  }

  #enter(): IteratorResult<unknown> {
    const value = this.#batch[this.#at++];
    this.#unfinished.add(this.#count, value);
    if (!this.#direct) this.#seqs.set(this.#count, ++this.#seq);
    this.#count++;
    return { done: false, value };
  }
}
