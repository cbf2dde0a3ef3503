/**
 * What `fn` is told. Each attempt has a signal of its own, so that what `fn` hangs on it goes with the attempt; and it
 * is made when `fn` asks for it: most never do.
 *
 * @module
 */
import type { Abortable, Cancellation } from "./cancellation.ts";

/** What `fn` is told besides its item. */
export interface PooledContext {
  /**
   * Aborts when the result of this attempt is not wanted any more: it ran out of time, another item failed, the reader
   * left, or the caller's signal. It stays quiet once the attempt has ended.
   */
  readonly signal: AbortSignal;
  /** Position of the item in the input, from 0. */
  readonly index: number;
  /** 1 for the first attempt, 2 for the first retry. */
  readonly attempt: number;
}

/** The context of one attempt. */
export class AttemptContext implements PooledContext, Abortable {
  readonly index: number;
  readonly attempt: number;
  // Until the attempt has ended.
  #cancellation: Cancellation | undefined;
  #controller: AbortController | undefined;

  constructor(cancellation: Cancellation, index: number, attempt: number) {
    this.#cancellation = cancellation;
    this.index = index;
    this.attempt = attempt;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      this.#cancellation?.add(this);
    }
    return this.#controller.signal;
  }

  /** Fires the signal. */
  abort(reason: unknown): void {
    (this.#controller ??= new AbortController()).abort(reason);
  }

  /** The attempt is over: nobody tells it anything any more. */
  end(): void {
    if (this.#controller !== undefined) this.#cancellation?.delete(this);
    this.#cancellation = undefined;
  }
}
