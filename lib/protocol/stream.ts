/**
 * Running a generator no faster than its reader allows: it may yield as many items as it was granted.
 *
 * ```
 * reader: grant(count) -> credit -> next() -> item -> credit - 1 -> ... wait for a grant, or for the signal
 * ```
 *
 * @module
 */
import type { RunningCall } from "../core/running_call.ts";
import { show } from "../core/validate.ts";

/** How many items a stream may still yield. */
export class Credit {
  #left: number;
  #wake: (() => void) | undefined;

  constructor(left: number) {
    this.#left = left;
  }

  /** The reader allows `count` more. */
  grant(count: number): void {
    this.#left += count;
    this.#wake?.();
  }

  /** Takes one, waiting for it if there is none; the signal ends the wait. */
  async take(signal: AbortSignal): Promise<void> {
    while (this.#left <= 0) {
      signal.throwIfAborted();
      const { promise, resolve } = Promise.withResolvers<void>();
      const wake = this.#wake = () => resolve();
      signal.addEventListener("abort", wake, { once: true });
      await promise.finally(() => signal.removeEventListener("abort", wake));
    }
    this.#left--;
  }
}

/**
 * Sends what a generator yields, as far as the credit goes.
 *
 * @throws {TypeError} If the task did not return something to iterate.
 */
export async function drive(
  returned: unknown,
  credit: Credit,
  task: RunningCall,
  send: (value: unknown) => void,
): Promise<void> {
  const items = await returned;
  if (!isIterable(items)) {
    throw new TypeError(
      `Cannot stream task: it returned ${show(items)}: stream() takes generators, submit() the others`,
    );
  }
  const { signal } = task;
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
