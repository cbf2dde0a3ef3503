/**
 * Errors of queues and pipes. The others are in errors.ts.
 *
 * @module
 */
import { IsopoolError } from "./base_error.ts";

/**
 * The queue or connection is closed: nothing can be put any more, or there is nothing left to get.
 *
 * @example The value that was not put
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
  /** What could not be put; `undefined` when it was a value that could not be got. */
  readonly value: unknown;

  /** Creates the error, with the value if there is one. */
  constructor(message: string, options: ErrorOptions & { value?: unknown } = {}) {
    super(message, options);
    this.value = options.value;
  }
}

/**
 * A consumer died with items in its hands, so that not everything that was put has been done.
 *
 * @example Which items
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
  /** Tickets of the items, as `put` gave them. */
  readonly tickets: readonly number[];

  /** Creates the error for some tickets. */
  constructor(message: string, options: ErrorOptions & { tickets: readonly number[] }) {
    super(message, options);
    this.tickets = options.tickets;
  }
}
