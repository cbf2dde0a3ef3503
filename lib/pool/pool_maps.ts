/**
 * The methods of a pool that give a result for each item. `map`, `starmap`, `imap`, `imapUnordered` and `transform` share
 * one kind of job, whose plan tells them apart.
 *
 * @module
 */
import { calledBy } from "../core/at_caller.ts";
import type { Input } from "../core/input.ts";
import type { Settled, StopAfter } from "../future/on_error.ts";
import { Results } from "../future/results.ts";
import type { BackendName } from "./backends.ts";
import type { PublicMethod } from "./call_site.ts";
import type { PoolCore } from "./core.ts";
import { MapJob } from "./map_job.ts";
import type { ImapOptions, MapOptions } from "./map_options.ts";
import { type MapKind, planMap } from "./map_plan.ts";
import { PoolStreams } from "./pool_streams.ts";
import type { AnyRunnable, Args, Runnable } from "./runnable.ts";
import { openTransform } from "./transform.ts";

/**
 * The methods of {@linkcode Pool} that give a result for each item: maps.
 *
 * **Cost**: an item of a map of numbers takes about 0.1 us (ARCHITECTURE.md has the measurements), because workers are
 * sent many items at a time. {@linkcode PoolMaps.map} keeps all results in memory.
 *
 * **When not to use it**: for one call, `submit` is shorter; for items that wait instead of computing, use `pooled()`.
 *
 * @typeParam B The pool's backend.
 */
export abstract class PoolMaps<B extends BackendName = "worker"> extends PoolStreams<B> {
  readonly #core: PoolCore;

  /** @ignore */
  constructor(core: PoolCore) {
    super(core);
    this.#core = core;
  }

  /**
   * Runs a task on every item, and gives the results in input order, or with `ordered: false` as they come.
   *
   * It starts at once, reads the input as workers take the items, and keeps the results until they are read. The first
   * failure ends the map: waiting items are dropped, running ones get their `context.signal`, and their results are not
   * kept. See {@linkcode OnError} for the other ways.
   *
   * @param items Any iterable or async iterable. Each item is copied when it is read. If the input throws, a loop over the
   * results gets those of all items before, then that error.
   * @throws {PoolClosedError} If the pool is closed.
   * @throws {TypeError | RangeError} If an option or the input is not valid.
   *
   * @example Hash many texts
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(2);
   * const sha256 = inline(async (text: string) => {
   *   const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
   *   return new Uint8Array(digest).toHex().slice(0, 4);
   * });
   * assertEquals(await pool.map(sha256, ["a", "b"]), ["ca97", "3e23"]);
   * ```
   */
  map<T, R>(
    task: Runnable<B, [T], R>,
    items: Input<T>,
    options: MapOptions<T> & { onError: "settle" | StopAfter },
  ): Results<Settled<R>>;
  /** Maps, and throws the first failure, or with `onError: "aggregate"` all failures together. */
  map<T, R>(task: Runnable<B, [T], R>, items: Input<T>, options?: MapOptions<T>): Results<R>;
  map(task: AnyRunnable, items: Input<unknown>, options?: MapOptions): Results<unknown> {
    return this.#map(MAP, task, items, options, { spread: false, lazy: false });
  }

  /**
   * Runs a task on every argument list. Otherwise as {@linkcode Pool.map}. (No value is of type `[never]`: it makes
   * TypeScript read `[x, y]` as a tuple, in `xs.map((x) => [x, y])` too.)
   *
   * @example Compare pairs
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(2);
   * const isSame = inline((a: string, b: string) => a.localeCompare(b, "en", { sensitivity: "base" }) === 0);
   * assertEquals(await pool.starmap(isSame, [["a", "A"], ["a", "b"]]), [true, false]);
   * ```
   */
  starmap<A extends unknown[], R>(
    task: Runnable<B, A, R>,
    items: Input<Readonly<Args<A>> | readonly [never]>,
    options: MapOptions<Args<A>> & { onError: "settle" | StopAfter },
  ): Results<Settled<R>>;
  /** Maps argument lists, and throws the first failure, or with `onError: "aggregate"` all failures together. */
  starmap<A extends unknown[], R>(
    task: Runnable<B, A, R>,
    items: Input<Readonly<Args<A>> | readonly [never]>,
    options?: MapOptions<Args<A>>,
  ): Results<R>;
  starmap(task: AnyRunnable, items: Input<unknown>, options?: MapOptions): Results<unknown> {
    return this.#map(STARMAP, task, items, options, { spread: true, lazy: false });
  }

  /**
   * Runs a task on every item, at most `buffer` items ahead of its reader: for endless inputs, and for results that do
   * not fit into memory. It starts when its results are read; results that are not being read when the pool's block ends
   * are cancelled. Otherwise as {@linkcode Pool.map}.
   *
   * @example Read an endless input
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * function* ids() {
   *   for (let id = 1;; id++) yield id;
   * }
   * await using pool = new Pool(2);
   * const found: number[] = [];
   * for await (const square of pool.imap(inline((n: number) => n * n), ids(), { buffer: 8 })) {
   *   if (found.push(square) === 3) break;
   * }
   * assertEquals(found, [1, 4, 9]);
   * ```
   */
  imap<T, R>(
    task: Runnable<B, [T], R>,
    items: Input<T>,
    options: ImapOptions<T> & { onError: "settle" | StopAfter },
  ): Results<Settled<R>>;
  /** Maps lazily, and throws the first failure, or with `onError: "aggregate"` all failures together. */
  imap<T, R>(task: Runnable<B, [T], R>, items: Input<T>, options?: ImapOptions<T>): Results<R>;
  imap(task: AnyRunnable, items: Input<unknown>, options?: ImapOptions): Results<unknown> {
    return this.#map(IMAP, task, items, options, { spread: false, lazy: true });
  }

  /**
   * Does as {@linkcode Pool.imap}, with the results as they come, the fastest first.
   *
   * @example Stop after the first success
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(2);
   * const factorOf = inline((n: number) => 91 % n === 0 ? n : undefined);
   * let factor: number | undefined;
   * for await (factor of pool.imapUnordered(factorOf, [2, 3, 5, 7, 11])) if (factor !== undefined) break;
   * assertEquals(factor, 7);
   * ```
   */
  imapUnordered<T, R>(
    task: Runnable<B, [T], R>,
    items: Input<T>,
    options: Omit<ImapOptions<T>, "ordered"> & { onError: "settle" | StopAfter },
  ): Results<Settled<R>>;
  /** Maps lazily and unordered, and throws the first failure, or with `onError: "aggregate"` all failures together. */
  imapUnordered<T, R>(
    task: Runnable<B, [T], R>,
    items: Input<T>,
    options?: Omit<ImapOptions<T>, "ordered">,
  ): Results<R>;
  imapUnordered(task: AnyRunnable, items: Input<unknown>, options?: ImapOptions): Results<unknown> {
    return this.#map(IMAP_UNORDERED, task, items, options, { spread: false, lazy: true, unordered: true });
  }

  /**
   * Returns a transform stream whose readable side gives the results of a task for what is written, in the same order. It
   * is {@linkcode Pool.imap} between two streams: a slow reader holds the writer back, `buffer` items are ahead of it at
   * most, a failure errors both sides, and a cancelled reader ends the writer.
   *
   * **When not to use it**: for an iterable, `imap` costs less: each stream takes some microseconds for a chunk.
   *
   * @throws {PoolClosedError} If the pool is closed.
   * @throws {TypeError | RangeError} If an option is not valid.
   *
   * @example Compress each chunk of a stream on workers
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, Pool } from "@isopool/isopool";
   *
   * await using pool = new Pool(2);
   * const upper = inline((line: string) => line.toUpperCase());
   * const lines = ReadableStream.from(["a", "b"]).pipeThrough(pool.transform(upper));
   * assertEquals(await Array.fromAsync(lines), ["A", "B"]);
   * ```
   */
  transform<T, R>(
    task: Runnable<B, [T], R>,
    options?: Omit<ImapOptions, "onError"> & { onError?: "throw" },
  ): TransformStream<T, R>;
  transform(task: AnyRunnable, options?: ImapOptions): TransformStream<unknown, unknown> {
    return openTransform((items) => this.#open(TRANSFORM, task, items, options, { spread: false, lazy: true }));
  }

  #map(
    method: PublicMethod,
    task: AnyRunnable,
    items: Input<unknown>,
    options: ImapOptions | undefined,
    kind: MapKind,
  ): Results<unknown> {
    return new Results(this.#open(method, task, items, options, kind).collector);
  }

  #open(
    method: PublicMethod,
    task: AnyRunnable,
    items: Input<unknown>,
    options: ImapOptions = {},
    kind: MapKind,
  ): MapJob {
    return calledBy(method, () => {
      const plan = planMap(this.#core, method.action, task, items, options, kind);
      const job = new MapJob(
        plan,
        plan.recorder?.input(items) ?? items,
        this.#core,
        this.#core.callSite(method, plan.task, plan.timeout ?? plan.deadline),
      );
      if (plan.verified) plan.verified.then(() => job.readOn(), (error) => job.abandon("rejected", error));
      else job.readOn();
      return job;
    });
  }
}

const { prototype } = PoolMaps;
const MAP: PublicMethod = { action: "map", method: prototype.map };
const STARMAP: PublicMethod = { action: "starmap", method: prototype.starmap };
const IMAP: PublicMethod = { action: "imap", method: prototype.imap };
const IMAP_UNORDERED: PublicMethod = { action: "imap", method: prototype.imapUnordered };
const TRANSFORM: PublicMethod = { action: "transform stream", method: prototype.transform };
