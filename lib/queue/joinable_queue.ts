/**
 * Queues that know when all of their items are done.
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";
import { ItemLostError } from "../core/queue_errors.ts";
import { BRAND, type Handle, registerKind } from "../shared/handle.ts";
import { runAsync } from "../shared/run_async.ts";
import { runSync } from "../shared/run_sync.ts";
import { ALL, end, type Frame, type Outcome, Result, sleep } from "../shared/steps/step.ts";
import {
  type BlockLimits,
  checkBlock,
  checkLimits,
  type Machine,
  running,
  type WaitLimits,
} from "../shared/waiting.ts";
import { channel, Queue } from "./queue.ts";

const KIND = "joinable_queue";
const CALL = "join JoinableQueue";
/** Word of the channel: moves with each item that is done, for who sleeps on it. It counts nothing. */
const MOVED = 14;

/**
 * A queue whose consumers say when they have done an item, and which can be waited for (`queue.JoinableQueue`).
 *
 * An item is in the hands of the thread that took it until that thread has called `taskDone` as often as it has taken:
 * a call is for the item that it took first and is not done with, so that one which works on several at a time should
 * finish them in the order in which it took them, or lost ones are told by the names of their neighbours.
 * If the thread dies first, `join` does not wait for ever: it fails with an {@linkcode ItemLostError}, until `takeLost`
 * has told somebody, who may put the items again. Up to 15 items in the hands of one thread are told by name.
 *
 * @typeParam T What the items are.
 *
 * @example Waiting for the work
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
export class JoinableQueue<T> extends Queue<T> {
  /** @ignore */
  protected override get name(): string {
    return "JoinableQueue";
  }

  /** How many items were put and are not done, nor lost. */
  get unfinished(): number {
    const { deliveries: hands } = channel(this);
    // First what is done: it only grows, so the two are equal only if they were so at one moment.
    const done = hands.doneCount;
    // Tickets have 31 bits.
    return (channel(this).putCount - done) & 0x7fffffff;
  }

  /**
   * Says that an item which this thread took is done.
   *
   * @throws {IsopoolError} If all items that this thread took are done.
   */
  taskDone(): void {
    const { control, deliveries: hands } = channel(this);
    if (!hands.acknowledgeOldest()) {
      throw new IsopoolError("Cannot call taskDone: it was called once for each item that this thread took");
    }
    control.add(MOVED, 1);
    control.notify(MOVED, ALL);
  }

  /**
   * Waits until every item that was put is done.
   *
   * The promise rejects with an {@linkcode ItemLostError} if some cannot be, a {@linkcode WaitTimeoutError}, or the
   * signal's reason.
   */
  async join(limits?: WaitLimits): Promise<void> {
    const run = this.#joining(checkLimits(CALL, limits));
    limits?.signal?.throwIfAborted();
    await runAsync(run, limits?.signal);
    this.#checkLost();
  }

  /**
   * Waits until every item that was put is done, and blocks this thread until then.
   *
   * @throws {ItemLostError} If some cannot be.
   * @throws {WaitTimeoutError} If `timeout` passes first.
   * @throws {TypeError} On the main thread, without a `timeout`.
   */
  joinSync(limits?: BlockLimits): void {
    runSync(this.#joining(checkBlock(CALL, limits)));
    this.#checkLost();
  }

  /** @ignore */
  override [BRAND](): Handle {
    return { ...super[BRAND](), kind: KIND };
  }

  /** @ignore */
  protected override released(): void {}

  #joining(timeout: number | undefined): Machine {
    return running(CALL, channel(this).control, timeout, (words, frame) => this.#step(words, frame));
  }

  #step(words: Parameters<typeof sleep>[0], frame: Frame): Outcome {
    const moved = words.load(MOVED);
    // Every 50 ms: nobody tells a queue that a consumer has died.
    channel(this).findLost(CALL);
    if (this.unfinished === 0) return end(frame, Result.OK);
    if (frame.quit) return end(frame, Result.GAVE_UP);
    return sleep(words, frame, MOVED, moved, 0);
  }

  #checkLost(): void {
    const tickets = channel(this).deliveries.peek();
    if (tickets.length === 0) return;
    throw new ItemLostError(`Cannot ${CALL}: ${tickets.length} items died with their consumers`, { tickets });
  }
}

registerKind(KIND, JoinableQueue);
