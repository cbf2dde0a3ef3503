/**
 * A task group: calls that belong together, and end together.
 *
 * @module
 */
import { CancelledError } from "../core/errors.ts";
import { type Placed, PlacedList } from "../core/placed_list.ts";
import { Promise as RuntimePromise } from "../core/platform.ts";
import { refuseCopies } from "../core/uncopyable.ts";
import { refusal } from "../core/validate.ts";
import { type Future, isObserved, observe, outcomeOf, subscribe } from "../future/future.ts";
import type { Outcome } from "../future/future_control.ts";
import type { Task } from "../task/task.ts";
import type { BackendName } from "./backends.ts";
import type { PublicMethod } from "./call_site.ts";
import type { AnyRunnable, Args, Runnable } from "./runnable.ts";

interface GroupCall extends Placed {
  readonly future: Future<unknown>;
}

/** Submits one call of a group to its pool. */
export type SubmitToPool = (method: PublicMethod, task: AnyRunnable, args: unknown[]) => Future<unknown>;

/**
 * A group of calls that end together, made by `Pool.group`.
 *
 * The first failure cancels the other calls of the group. Leaving the `await using` block waits for all of them, and
 * throws that failure unless the block observed it.
 *
 * **Cost**: one entry in a list for each unfinished call. **When not to use it**: for the same task on many items, `map`
 * does the same for less; for calls that may fail one by one, submit them to the pool.
 *
 * @typeParam B The pool's backend.
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
  readonly #submit: SubmitToPool;
  readonly #unfinished = new PlacedList<GroupCall>();
  #failed: Future<unknown> | undefined;
  #first: FirstSuccess | undefined;
  #cancelled: { reason: unknown } | undefined;

  /** @ignore Use `Pool.group`. */
  constructor(submit: SubmitToPool) {
    if (typeof submit !== "function") throw refusal("Cannot create TaskGroup: call pool.group()");
    this.#submit = submit;
  }

  /** Number of calls of the group that have not ended. */
  get size(): number {
    return this.#unfinished.size;
  }

  /**
   * Submits a call that belongs to the group. Otherwise as `Pool.submit`.
   *
   * @throws {CancelledError} If the group has failed or was cancelled.
   *
   * @example Add calls to a group
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(2);
   * await using group = pool.group();
   * const length = inline((text: string) => text.length);
   * const [title, body] = [group.submit(length, "Deno"), group.submit(length, "a runtime")];
   * assertEquals(await title + await body, 13);
   * ```
   */
  submit<A extends unknown[], R>(task: Runnable<B, A, R>, ...args: A): Future<R>;
  /** Submits a call with handles from `Pool.share` among its arguments. */
  submit<A extends unknown[], R>(task: Task<A, R>, ...args: Args<A>): Future<R>;
  submit(task: AnyRunnable, ...args: unknown[]): Future<unknown> {
    if (this.#cancelled) {
      throw new CancelledError(`Cannot ${SUBMIT.action}: its group was cancelled`, { cause: this.#cancelled.reason });
    }
    const future = this.#submit(SUBMIT, task, args);
    const call = { future, place: -1 };
    this.#unfinished.add(call);
    if (this.#first) observe(future);
    subscribe(future, () => this.#ended(call));
    return future;
  }

  /**
   * Cancels all calls that have not ended. The group takes no more calls.
   *
   * @param reason What the cancelled calls reject with. @default {a `CancelledError`}
   *
   * @example Stop all calls when one result is enough
   * ```ts
   * import { assertEquals, assertRejects } from "@std/assert";
   * import { CancelledError, inline, Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(1);
   * await using group = pool.group();
   * const ask = inline((wait: number) => new Promise((resolve) => setTimeout(resolve, wait, wait)));
   * const [fast, slow] = [group.submit(ask, 1), group.submit(ask, 60_000)];
   * assertEquals(await fast, 1);
   * group.cancel();
   * await assertRejects(() => slow.result(), CancelledError);
   * ```
   */
  cancel(reason?: unknown): void {
    if (this.#cancelled) return;
    this.#cancelled = { reason };
    for (const { future } of this.#unfinished) future.cancel(reason);
  }

  /**
   * Resolves with the first success, and cancels the other calls: for the same question to several services, or for several
   * ways to the same result. From here on a failure does not cancel the group. It waits for calls that are submitted later,
   * too, as long as others are unfinished.
   *
   * @throws {AggregateError} If no call succeeds; its `errors` are in the order in which the calls ended.
   * @throws {TypeError} If it is called twice.
   *
   * @example Take the fastest answer
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(3);
   * await using group = pool.group();
   * const ask = inline((wait: number) => new Promise<number>((resolve) => setTimeout(resolve, wait, wait)));
   * for (const wait of [60_000, 1, 60_000]) group.submit(ask, wait);
   * assertEquals(await group.any(), 1);
   * ```
   */
  any(): Promise<unknown> {
    if (this.#first) {
      throw refusal("Cannot wait for any: it was called before: keep the promise of the first call");
    }
    const first = this.#first = new FirstSuccess();
    for (const { future } of this.#unfinished) observe(future);
    if (this.#failed) {
      observe(this.#failed);
      first.errors.push(outcomeOf(this.#failed).value);
    }
    if (this.#unfinished.size === 0) first.failed();
    return first.promise;
  }

  /**
   * Waits for all calls of the group, and throws the first failure unless the caller observed it.
   *
   * @example Wait by leaving a block
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(2);
   * const group = pool.group();
   * {
   *   await using calls = group;
   *   for (const n of [1, 2, 3]) calls.submit(inline((n: number) => n), n);
   * }
   * assertEquals(group.size, 0);
   * ```
   */
  async [Symbol.asyncDispose](): Promise<void> {
    while (this.#unfinished.size > 0) {
      const [{ future }] = this.#unfinished;
      await new RuntimePromise<void>((resolve) => subscribe(future, resolve));
    }
    const failed = this.#failed;
    if (failed && !isObserved(failed)) await failed;
  }

  #ended(call: GroupCall): void {
    this.#unfinished.remove(call);
    const { future } = call;
    const { outcome, value } = outcomeOf(future);
    if (this.#first) return this.#endedInRace(this.#first, outcome, value);
    if (outcome !== "rejected" || this.#failed) return;
    this.#failed = future;
    this.cancel(value);
  }

  #endedInRace(first: FirstSuccess, outcome: Outcome, value: unknown): void {
    if (outcome === "fulfilled") {
      first.resolve(value);
      this.cancel("another call of the group has succeeded first");
      return;
    }
    first.errors.push(value);
    if (this.#unfinished.size === 0) first.failed();
  }
}

/** The race of `any()`. */
class FirstSuccess {
  readonly errors: unknown[] = [];
  readonly #settled = RuntimePromise.withResolvers<unknown>();

  get promise(): Promise<unknown> {
    return this.#settled.promise;
  }

  resolve(value: unknown): void {
    this.#settled.resolve(value);
  }

  failed(): void {
    this.#settled.reject(
      new AggregateError(this.errors, `No call of the group has succeeded: ${this.errors.length} failed`),
    );
  }
}

const SUBMIT: PublicMethod = { action: "submit task", method: TaskGroup.prototype.submit };

refuseCopies(TaskGroup, "make a pool in the task, or submit from here");
