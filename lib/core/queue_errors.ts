/**
 * Errors of queues and pipes. `errors.ts` exports them with the others.
 *
 * @module
 */
import { IsopoolError, optionsOf } from "./base_error.ts";

/**
 * The queue or connection is closed: it takes no more values, or it has no value left to return.
 *
 * @example Get the value back
 * ```ts
 * import { assertEquals, assertInstanceOf } from "@std/assert";
 * import { Queue, QueueClosedError } from "@isopool/isopool";
 *
 * const queue = new Queue<string>();
 * queue.close();
 * const error = await queue.put("late").catch((error: unknown) => error);
 * assertInstanceOf(error, QueueClosedError);
 * assertEquals(error.value, "late");
 * ```
 */
export class QueueClosedError extends IsopoolError {
  /** @ignore */
  override name = "QueueClosedError";
  /** The value that was not put; `undefined` if the failed call was a `get`. */
  readonly value: unknown;

  /** Creates the error, with the value if there is one. */
  constructor(message: string, options: ErrorOptions & { value?: unknown } = {}) {
    super(message, options);
    this.value = optionsOf(options).value;
  }
}

/**
 * A consumer died before it acknowledged items that it had received, so not every item of the queue was processed.
 *
 * @example See which items are lost
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ItemLostError } from "@isopool/isopool";
 *
 * const error = new ItemLostError("Cannot join JoinableQueue: an item is lost", { tickets: [3] });
 * assertEquals(error.tickets, [3]);
 * ```
 */
export class ItemLostError extends IsopoolError {
  /** @ignore */
  override name = "ItemLostError";
  /** Tickets of the lost items, as `put` returned them. */
  readonly tickets: readonly number[];

  /** Creates the error for some tickets. */
  constructor(message: string, options: ErrorOptions & { tickets: readonly number[] }) {
    super(message, options);
    this.tickets = optionsOf(options).tickets;
  }
}
