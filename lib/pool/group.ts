/**
 * Calls that belong together: they end together.
 *
 * @module
 */
import { CancelledError } from "../core/errors.ts";
import { type Future, isObserved, outcomeOf, subscribe } from "../future/future.ts";
import type { Task } from "../task/task.ts";
import type { BackendName } from "./backends.ts";
import type { Args, Pool, Runnable } from "./pool.ts";

/**
 * A task group, made by `Pool.group`. The first failure cancels its siblings; leaving the `await using` block waits for
 * all of them, and throws that failure unless it was looked at inside.
 *
 * @example All or nothing
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { Pool } from "@isopool/isopool";
 *
 * await using pool = new Pool({ backend: "async" });
 * const { promise: never } = Promise.withResolvers<never>();
 * let sibling;
 * await assertRejects(async () => {
 *   await using group = pool.group();
 *   sibling = group.submit(() => never);
 *   group.submit(() => Promise.reject(new RangeError("first")));
 * }, RangeError, "first");
 * assertEquals(sibling!.state, "cancelled");
 * ```
 */
export class TaskGroup<B extends BackendName = "worker"> implements AsyncDisposable {
  readonly #pool: Pool<B>;
  readonly #futures = new Set<Future<unknown>>();
  #failed: Future<unknown> | undefined;
  #cancelled: { reason: unknown } | undefined;

  /** @ignore Use `Pool.group`. */
  constructor(pool: Pool<B>) {
    this.#pool = pool;
  }

  /** How many calls of the group have not ended. */
  get size(): number {
    return this.#futures.size;
  }

  /**
   * Submits a call that belongs to the group; else as `Pool.submit`.
   *
   * @throws {CancelledError} If the group has failed or was cancelled.
   */
  submit<A extends unknown[], R>(task: Runnable<B, A, R>, ...args: A): Future<R>;
  /** Submits a call with handles from `Pool.share` among its arguments. */
  submit<A extends unknown[], R>(task: Task<A, R>, ...args: Args<A>): Future<R>;
  submit(task: Runnable<B, unknown[], unknown>, ...args: unknown[]): Future<unknown> {
    if (this.#cancelled) {
      throw new CancelledError("Cannot submit task: its group was cancelled", { cause: this.#cancelled.reason });
    }
    const future = (this.#pool as Pool).submit(task as Task<unknown[], unknown>, ...args);
    this.#futures.add(future);
    subscribe(future, () => this.#ended(future));
    return future;
  }

  /** Cancels everything that has not ended; nothing more can be submitted. */
  cancel(reason?: unknown): void {
    if (this.#cancelled) return;
    this.#cancelled = { reason };
    for (const future of [...this.#futures]) future.cancel(reason);
  }

  /** Waits for all calls of the group; throws the first failure, unless it was looked at. */
  async [Symbol.asyncDispose](): Promise<void> {
    while (this.#futures.size > 0) {
      await new Promise<void>((resolve) => subscribe(this.#futures.values().next().value!, resolve));
    }
    const failed = this.#failed;
    if (failed && !isObserved(failed)) await failed;
  }

  #ended(future: Future<unknown>): void {
    this.#futures.delete(future);
    const { outcome, value } = outcomeOf(future);
    if (outcome !== "rejected" || this.#failed) return;
    this.#failed = future;
    this.cancel(value);
  }
}
