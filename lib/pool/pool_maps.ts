/**
 * The methods of a pool that give many results. `map`, `starmap`, `imap` and `imapUnordered` share one kind of job, whose
 * plan tells them apart; `stream` runs one generator.
 *
 * @module
 */
import { calledBy } from "../core/at_caller.ts";
import type { Input } from "../core/input.ts";
import type { Settled } from "../future/on_error.ts";
import { Results } from "../future/results.ts";
import type { StreamTask } from "../task/task.ts";
import type { BackendName } from "./backends.ts";
import type { PublicMethod } from "./call_site.ts";
import type { PoolCore } from "./core.ts";
import { PoolLifecycle } from "./lifecycle.ts";
import { MapJob } from "./map_job.ts";
import type { ImapOptions, MapOptions } from "./map_options.ts";
import { type MapKind, planMap } from "./map_plan.ts";
import type { AnyRunnable, Args, Runnable } from "./runnable.ts";
import { openStream } from "./stream_job.ts";

/**
 * The methods of {@linkcode Pool} that give many results: maps and streams.
 *
 * **Cost**: an item of a map of numbers takes about 0.1 us (ARCHITECTURE.md has the measurements), because workers are
 * sent many items at a time. {@linkcode PoolMaps.map} keeps all results in memory.
 *
 * **When not to use it**: for one call, `submit` is shorter; for items that wait instead of computing, use `pooled()`.
 *
 * @typeParam B The pool's backend.
 */
export abstract class PoolMaps<B extends BackendName = "worker"> extends PoolLifecycle {
  /** What the pool runs on. */
  abstract readonly backend: B;
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
    options: MapOptions & { onError: "settle" },
  ): Results<Settled<R>>;
  /** Maps, and throws the first failure, or with `onError: "aggregate"` all failures together. */
  map<T, R>(task: Runnable<B, [T], R>, items: Input<T>, options?: MapOptions): Results<R>;
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
    options: MapOptions & { onError: "settle" },
  ): Results<Settled<R>>;
  /** Maps argument lists, and throws the first failure, or with `onError: "aggregate"` all failures together. */
  starmap<A extends unknown[], R>(
    task: Runnable<B, A, R>,
    items: Input<Readonly<Args<A>> | readonly [never]>,
    options?: MapOptions,
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
    options: ImapOptions & { onError: "settle" },
  ): Results<Settled<R>>;
  /** Maps lazily, and throws the first failure, or with `onError: "aggregate"` all failures together. */
  imap<T, R>(task: Runnable<B, [T], R>, items: Input<T>, options?: ImapOptions): Results<R>;
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
    options: Omit<ImapOptions, "ordered"> & { onError: "settle" },
  ): Results<Settled<R>>;
  /** Maps lazily and unordered, and throws the first failure, or with `onError: "aggregate"` all failures together. */
  imapUnordered<T, R>(
    task: Runnable<B, [T], R>,
    items: Input<T>,
    options?: Omit<ImapOptions, "ordered">,
  ): Results<R>;
  imapUnordered(task: AnyRunnable, items: Input<unknown>, options?: ImapOptions): Results<unknown> {
    return this.#map(IMAP_UNORDERED, task, items, options, { spread: false, lazy: true, unordered: true });
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
    this: PoolMaps<"async">,
    task: (...args: A) => AsyncGenerator<Y> | Generator<Y>,
    ...args: A
  ): Results<Y>;
  stream(task: unknown, ...args: unknown[]): Results<unknown> {
    return calledBy(STREAM, () => openStream(this.#core, STREAM, task as AnyRunnable, args));
  }

  #map(
    method: PublicMethod,
    task: AnyRunnable,
    items: Input<unknown>,
    options: ImapOptions = {},
    kind: MapKind,
  ): Results<unknown> {
    return calledBy(method, () => {
      const plan = planMap(this.#core, method.action, task, items, options, kind);
      const job = new MapJob(
        plan,
        items,
        this.#core,
        this.#core.callSite(method, plan.task, plan.timeout ?? plan.deadline),
      );
      job.start();
      return new Results(job.collector);
    });
  }
}

const { prototype } = PoolMaps;
const MAP: PublicMethod = { action: "map", method: prototype.map };
const STARMAP: PublicMethod = { action: "starmap", method: prototype.starmap };
const IMAP: PublicMethod = { action: "imap", method: prototype.imap };
const IMAP_UNORDERED: PublicMethod = { action: "imap", method: prototype.imapUnordered };
const STREAM: PublicMethod = { action: "stream task", method: prototype.stream };
