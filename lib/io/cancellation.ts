/**
 * Telling all who work or wait that they are not wanted any more.
 *
 * ```
 * caller's signal, a failure, the reader left -> Cancellation -> AttemptContext.signal ...
 *                                                             -> Ticket (waits for its turn) ...
 *                                                             -> the wait between two attempts
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
