/**
 * `Cancellation`: cancels the attempts and waits of one run at once, with one reason.
 *
 * ```
 * caller's signal, a failure, the reader left -> Cancellation -> AttemptContext.signal ...
 *                                                             -> Waiter (for a permit) ...
 *                                                             -> the wait between two attempts
 * ```
 *
 * @module
 */
import type { Placed } from "../core/placed_list.ts";
import { AbortController } from "../core/platform.ts";

/** Something that a cancellation ends. */
export interface Abortable {
  /** Ends it. A cancellation calls this at most once. */
  abort(reason: unknown): void;
}

/** One cancellation, and its listeners. */
export class Cancellation implements Abortable, Placed {
  // Its place in the list of unsettled calls (limited_calls.ts).
  place = -1;
  // Most runs end without one.
  #listeners: Set<Abortable> | undefined;
  #controller: AbortController | undefined;
  #cause: { readonly reason: unknown } | undefined;
  #givenUp: Cancellation | undefined;

  /** The reason, in an object; `undefined` before the cancellation. */
  get aborted(): { readonly reason: unknown } | undefined {
    return this.#cause;
  }

  /** The cancellation as a signal. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#cause) this.#controller.abort(this.#cause.reason);
    return this.#controller.signal;
  }

  /** Aborts when the run no longer waits for attempts that ignore this cancellation. */
  get givenUp(): Cancellation {
    return this.#givenUp ??= new Cancellation();
  }

  /** Adds a listener; aborts it at once if the cancellation has happened. */
  add(listener: Abortable): void {
    if (this.#cause) listener.abort(this.#cause.reason);
    else (this.#listeners ??= new Set()).add(listener);
  }

  /** Removes a listener. */
  delete(listener: Abortable): void {
    this.#listeners?.delete(listener);
  }

  /** Aborts all listeners. Only the first call has an effect. */
  abort(reason: unknown): void {
    if (this.#cause) return;
    this.#cause = { reason };
    this.#controller?.abort(reason);
    for (const listener of this.#listeners ?? []) listener.abort(reason);
    this.#listeners = undefined;
  }

  /** Reports that the run no longer waits for attempts that ignore this cancellation. */
  giveUp(): void {
    // No attempt begins after the cancellation, so nothing asks for `givenUp` later.
    this.#givenUp?.abort(this.#cause?.reason);
  }
}
