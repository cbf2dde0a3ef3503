/**
 * The method of a pool that gives many results of one call: `stream` runs a generator.
 *
 * @module
 */
import { calledBy } from "../core/at_caller.ts";
import type { Results } from "../future/results.ts";
import type { StreamTask } from "../task/task.ts";
import type { BackendName } from "./backends.ts";
import type { PublicMethod } from "./call_site.ts";
import type { PoolCore } from "./core.ts";
import { PoolLifecycle } from "./lifecycle.ts";
import type { AnyRunnable, Args } from "./runnable.ts";
import { openStream } from "./stream_job.ts";

/**
 * The method of {@linkcode Pool} that gives many results of one call.
 *
 * **Cost**: an item takes a message from its worker. **When not to use it**: a task that returns one value is a call or an
 * item of a map.
 *
 * @typeParam B The pool's backend.
 */
export abstract class PoolStreams<B extends BackendName = "worker"> extends PoolLifecycle {
  /** What the pool runs on. */
  abstract readonly backend: B;
  readonly #core: PoolCore;

  /** @ignore */
  constructor(core: PoolCore) {
    super(core);
    this.#core = core;
  }

  /**
   * Runs a generator in a worker, and gives its items as the generator yields them.
   *
   * The generator starts when the results are read. A slow reader holds it back: at most 16 items wait. Leaving the loop
   * ends the generator, and its `finally` blocks run. The generator occupies its worker until it ends, as any call does;
   * a `timeout` (milliseconds) counts the reader's time, too.
   *
   * @throws {TypeError} If the task has `retry`: items that were given out cannot be taken back.
   *
   * @example Read results one by one, and stop at the first match
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(1);
   * const squares = inline(function* (from: number) {
   *   for (let n = from;; n++) yield n * n;
   * });
   * let first = 0;
   * for await (const square of pool.stream(squares, 10)) if ((first = square) > 200) break;
   * assertEquals(first, 225);
   * ```
   */
  stream<A extends unknown[], Y>(task: StreamTask<A, Y>, ...args: Args<A>): Results<Y>;
  /** Streams any generator function, on backend `"async"`. */
  stream<A extends unknown[], Y>(
    this: PoolStreams<"async">,
    task: (...args: A) => AsyncGenerator<Y> | Generator<Y>,
    ...args: A
  ): Results<Y>;
  stream(task: unknown, ...args: unknown[]): Results<unknown> {
    return calledBy(STREAM, () => openStream(this.#core, STREAM, task as AnyRunnable, args));
  }
}

const STREAM: PublicMethod = { action: "stream task", method: PoolStreams.prototype.stream };
