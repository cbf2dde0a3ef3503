/**
 * The context that `fn` gets with each attempt. Each attempt has its own signal, so that listeners which `fn` adds are freed
 * with the attempt. The signal is created on first use: most functions never read it.
 *
 * @module
 */
import { AbortController } from "../core/platform.ts";
import type { Abortable, Cancellation } from "./cancellation.ts";

/** What `fn` gets besides its item. */
export interface PooledContext {
  /**
   * Aborts when the result of this attempt is no longer needed: the attempt ran out of time, another item failed, the
   * reader left its loop, or the caller's signal aborted. It never aborts after the attempt has ended.
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
  // Unset when the attempt has ended.
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

  /** Aborts the signal. */
  abort(reason: unknown): void {
    (this.#controller ??= new AbortController()).abort(reason);
  }

  /** Ends the attempt: its signal no longer aborts. */
  end(): void {
    if (this.#controller !== undefined) this.#cancellation?.delete(this);
    this.#cancellation = undefined;
  }
}
