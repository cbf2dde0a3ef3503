/**
 * Telling attempts that they are not wanted any more. Each attempt has a signal of its own, so that what `fn` hangs on
 * it goes with the attempt, and it is made when `fn` asks for it: most never do.
 *
 * ```
 * caller's signal, a failure, the reader left -> Cancellation -> AttemptContext.signal ...
 *                                                             -> Ticket (waits for its turn) ...
 * ```
 *
 * @module
 */

/** Whoever is told. */
export interface Abortable {
  /** Called once at most by a cancellation. */
  abort(reason: unknown): void;
}

/** One decision that many are told of. */
export class Cancellation implements Abortable {
  readonly #told = new Set<Abortable>();
  #controller: AbortController | undefined;
  #aborted: { readonly reason: unknown } | undefined;

  /** The decision, once it was taken. */
  get aborted(): { readonly reason: unknown } | undefined {
    return this.#aborted;
  }

  /** The decision as a signal, for those who take one. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#aborted) this.#controller.abort(this.#aborted.reason);
    return this.#controller.signal;
  }

  /** Has somebody told; who comes late is told at once. */
  add(listener: Abortable): void {
    if (this.#aborted) listener.abort(this.#aborted.reason);
    else this.#told.add(listener);
  }

  /** Takes somebody off again. */
  delete(listener: Abortable): void {
    this.#told.delete(listener);
  }

  /** Tells everybody. The first reason stays. */
  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = { reason };
    this.#controller?.abort(reason);
    for (const listener of this.#told) listener.abort(reason);
    this.#told.clear();
  }
}

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
  readonly #cancellation: Cancellation;
  #controller: AbortController | undefined;
  #ended = false;

  constructor(cancellation: Cancellation, index: number, attempt: number) {
    this.#cancellation = cancellation;
    this.index = index;
    this.attempt = attempt;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (!this.#ended) this.#cancellation.add(this);
    }
    return this.#controller.signal;
  }

  /** Fires the signal. */
  abort(reason: unknown): void {
    (this.#controller ??= new AbortController()).abort(reason);
  }

  /** The attempt is over: nobody tells it anything any more. */
  end(): void {
    this.#ended = true;
    if (this.#controller !== undefined) this.#cancellation.delete(this);
  }
}
