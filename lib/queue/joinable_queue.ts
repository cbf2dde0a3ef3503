/**
 * `JoinableQueue`: a queue that can be waited for until all of its items are done.
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";
import { BRAND, type Handle, registerKind } from "../shared/handle.ts";
import { type BlockLimits, checkBlockLimits, checkLimits, type WaitLimits } from "../shared/waiting.ts";
import { Queue, source } from "./queue.ts";

const KIND = "joinable_queue";
const CALL = "join JoinableQueue";

/**
 * A queue whose consumers report each item that they have done, and which can be waited for (`queue.JoinableQueue`).
 *
 * An item stays delivered to the thread that took it until that thread calls `taskDone`. Each call is for the oldest
 * delivered item of the thread. So a consumer that works on several items at a time should finish them in the order in which
 * it took them. Otherwise, if it dies, the ticket of another of its items is reported as lost.
 *
 * **Death.** If a thread dies first, its items are lost. `join` then fails with an {@linkcode ItemLostError}, until
 * {@linkcode Queue.takeLost} has returned their tickets; the caller may put the items again. Up to 15 lost items of one
 * thread have a ticket.
 *
 * **Memory ordering.** What a thread wrote before `taskDone` is visible to a thread whose `join` returns because of it.
 *
 * **Cost.** That of a {@linkcode Queue}; `join` and `unfinished` read a count for each of 1,023 threads, and `join` does so
 * every 50 ms. Use a plain queue if nothing waits for the end of the work, and `Pool.map` if its results are needed.
 *
 * @typeParam T Type of the items.
 */
export class JoinableQueue<T> extends Queue<T> {
  /** @ignore */
  protected override get name(): string {
    return "JoinableQueue";
  }

  /** @ignore */
  protected override get acknowledges(): boolean {
    return false;
  }

  /** Number of items that were put and are neither done nor lost. */
  get unfinished(): number {
    return source(this).unfinished;
  }

  /**
   * Reports that the oldest item which this thread has taken is done.
   *
   * @throws {IsopoolError} If all items that this thread took are done.
   *
   * @example Work through a queue
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { JoinableQueue } from "@isopool/isopool";
   *
   * const queue = new JoinableQueue<number>();
   * queue.tryPut(1);
   * assertEquals([queue.getSync({ timeout: 0 }), queue.unfinished], [1, 1]);
   * queue.taskDone();
   * assertEquals(queue.unfinished, 0);
   * ```
   */
  taskDone(): void {
    if (source(this).taskDone()) return;
    throw new IsopoolError(
      "Cannot call taskDone: this thread has called it for every item that it took: call it once for each item",
    );
  }

  /**
   * Waits until every item that was put is done.
   *
   * Rejects with an {@linkcode ItemLostError} if some cannot be, a {@linkcode WaitTimeoutError}, or the signal's reason.
   *
   * @example Wait until all the work is done
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { JoinableQueue } from "@isopool/isopool";
   *
   * const queue = new JoinableQueue<number>();
   * let sum = 0;
   * const worker = (async () => {
   *   for await (const n of queue) {
   *     sum += n;
   *     queue.taskDone();
   *   }
   * })();
   * for (const n of [1, 2, 3]) await queue.put(n);
   * await queue.join();
   * assertEquals(sum, 6);
   * queue.close();
   * await worker;
   * ```
   */
  async join(limits?: WaitLimits): Promise<void> {
    const timeout = checkLimits(CALL, limits);
    limits?.signal?.throwIfAborted();
    await source(this).join(CALL, timeout, limits?.signal);
  }

  /**
   * Waits until every item that was put is done, and blocks this thread until then.
   *
   * @throws {ItemLostError} If some cannot be.
   * @throws {WaitTimeoutError} If `timeout` passes first.
   * @throws {TypeError} On the main thread, without a `timeout`.
   *
   * @example Check whether work is left
   * ```ts
   * import { assertThrows } from "@std/assert";
   * import { JoinableQueue, WaitTimeoutError } from "@isopool/isopool";
   *
   * const queue = new JoinableQueue<number>();
   * queue.joinSync({ timeout: 0 });
   * queue.tryPut(1);
   * assertThrows(() => queue.joinSync({ timeout: 0 }), WaitTimeoutError);
   * ```
   */
  joinSync(limits?: BlockLimits): void {
    source(this).joinSync(CALL, checkBlockLimits(CALL, limits));
  }

  /** @ignore */
  override [BRAND](): Handle {
    return source(this).handle(KIND);
  }
}

registerKind(KIND, JoinableQueue);
