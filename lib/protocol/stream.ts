/**
 * Flow control by credit: a generator in a worker yields as many items as its reader has granted.
 *
 * ```
 * reader: grant(count) -> credit -> next() -> item -> credit - 1 -> ... credit 0: wait for a grant or the signal
 * ```
 *
 * @module
 */
import { Promise } from "../core/platform.ts";
import type { RunningCall } from "../core/running_call.ts";
import { refusal, show } from "../core/validate.ts";

/** How many items a stream may still yield. */
export class Credit {
  #remaining: number;
  #wake: (() => void) | undefined;

  constructor(initial: number) {
    this.#remaining = initial;
  }

  /** Allows `count` more items. */
  grant(count: number): void {
    this.#remaining += count;
    this.#wake?.();
  }

  /**
   * Takes the credit of one item, and waits while there is none.
   *
   * @throws The reason of the signal, if it fires during the wait.
   */
  async take(signal: AbortSignal): Promise<void> {
    while (this.#remaining <= 0) {
      signal.throwIfAborted();
      const { promise, resolve } = Promise.withResolvers<void>();
      const wake = this.#wake = () => resolve();
      signal.addEventListener("abort", wake, { once: true });
      await promise.finally(() => signal.removeEventListener("abort", wake));
    }
    this.#remaining--;
  }
}

/**
 * Runs a generator to its end and sends each item, as far as the credit allows.
 *
 * @throws {TypeError} If the task returned something that cannot be iterated.
 */
export async function drive(
  returned: unknown,
  credit: Credit,
  call: RunningCall,
  send: (value: unknown) => void,
): Promise<void> {
  const items = await returned;
  if (!isIterable(items)) {
    throw refusal(
      `Cannot stream task: it returned ${show(items)}: stream() takes generators, submit() the others`,
    );
  }
  const { signal } = call;
  await credit.take(signal);
  for await (const item of items) {
    signal.throwIfAborted();
    send(item);
    await credit.take(signal);
  }
}

function isIterable(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
  return typeof value === "object" && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);
}
