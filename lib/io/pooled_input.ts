/**
 * `PooledInput`: the input of one run of `pooled()`, read item by item.
 *
 * @module
 */
import type { AsyncContext } from "../core/async_context.ts";
import { closeInput, hasEnded, type OpenInput } from "../core/input.ts";
import type { InputFailure } from "../future/producer.ts";

/** An input that is being read. */
export class PooledInput<T> {
  /** Whether reading takes a wait. */
  readonly isAsync: boolean;
  readonly #input: OpenInput<T>;
  // The caller's asynchronous context.
  readonly #context: AsyncContext;
  readonly #onFailure: (reason: unknown) => void;
  #count = 0;
  #hasEnded = false;
  #wasClosed = false;
  #failure: InputFailure | undefined;

  /** @param onFailure Called when the input has thrown. */
  constructor(input: OpenInput<T>, context: AsyncContext, onFailure: (reason: unknown) => void) {
    this.isAsync = input.async !== undefined;
    this.#input = input;
    this.#context = context;
    this.#onFailure = onFailure;
  }

  /** Number of items that were read. */
  get count(): number {
    return this.#count;
  }

  /** Whether nothing more is read. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Whether there may be items that were not read, because reading was stopped. */
  get wasClosed(): boolean {
    return this.#wasClosed;
  }

  /** What the input has thrown, if it has. */
  get failure(): InputFailure | undefined {
    return this.#failure;
  }

  /** Reads the next item of a synchronous input; `undefined` if there is none. */
  read(): IteratorYieldResult<T> | undefined {
    if (this.#hasEnded) return undefined;
    try {
      return this.#accept(this.#input.sync!.next());
    } catch (error) {
      return this.#fail(error);
    }
  }

  /** Reads the next item of an asynchronous input; `undefined` if there is none, or the input was closed during the wait. */
  async readAsync(): Promise<IteratorYieldResult<T> | undefined> {
    try {
      const next = await this.#input.async!.next();
      return this.#hasEnded ? undefined : this.#accept(next);
    } catch (error) {
      return this.#fail(error);
    }
  }

  /** Stops reading. */
  close(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = this.#wasClosed = true;
    this.#context.run(() => closeInput(this.#input));
  }

  #accept(next: IteratorResult<T>): IteratorYieldResult<T> | undefined {
    if (hasEnded(next)) {
      this.#hasEnded = true;
      return undefined;
    }
    this.#count++;
    return next;
  }

  // An input that throws has ended, so it must not be closed. After `close`, the run has ended for a reason of its own.
  #fail(reason: unknown): undefined {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#failure = { reason };
    this.#onFailure(reason);
  }
}
