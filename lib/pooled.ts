/**
 * Many asynchronous jobs at once on this event loop, but never too many: the helper for IO.
 *
 * ```
 * items -> lane: read, await fn(item), settle, next \
 *       -> lane: ...                                 >-> Collector -> Results
 *       -> lane: ...     (at most `concurrency`)    /
 * ```
 *
 * @example Ten thousand ids, eight requests at a time
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { pooled } from "@isopool/isopool/pooled";
 *
 * await using server = Deno.serve({ port: 0, onListen() {} }, (request) => new Response(new URL(request.url).pathname));
 * const base = `http://127.0.0.1:${server.addr.port}`;
 * const load = async (id: number) => await (await fetch(`${base}/${id}`)).text();
 * assertEquals(await pooled([1, 2, 3], load, { concurrency: 8 }), ["/1", "/2", "/3"]);
 * ```
 *
 * @module
 */
import { onAbort } from "./core/abort.ts";
import { closeInput, type Input, type OpenInput, openInput } from "./core/input.ts";
import { abortSignal, bad, integer, knownOptions, oneOf } from "./core/validate.ts";
import { Collector, type OnError, type Producer } from "./future/collector.ts";
import { Failures } from "./future/failures.ts";
import { Results } from "./future/results.ts";

/** Options of {@linkcode pooled}. */
export interface PooledOptions {
  /** Most items in progress at a time. @default {32} */
  concurrency?: number;
  /** Most finished results that wait for a loop to read them; awaiting collects without limit. @default {concurrency} */
  buffer?: number;
  /** Whether a loop over the results gets them in input order. Awaiting always does. @default {true} */
  ordered?: boolean;
  /** Cancels the whole: no further item is read, the items in progress are told, it rejects with the signal's reason. */
  signal?: AbortSignal;
  /** What a failed item does. @default {"throw"} */
  onError?: OnError;
}

/** What `fn` is told besides its item. */
export interface PooledContext {
  /** Aborts when the result is not wanted any more: another item failed, the reader left, or the caller's signal. */
  readonly signal: AbortSignal;
  /** Position of the item in the input, from 0. */
  readonly index: number;
}

/**
 * Maps `fn` over items with limited concurrency. It starts at once and reads its input only as room comes free; with a
 * reader that is slower than the work, at most `concurrency + buffer` items have been read ahead.
 *
 * The first failure stops reading and fires every `signal`; the result rejects with it once all items in progress have
 * ended, so that nothing goes on behind the caller's back.
 *
 * @param items Any iterable or async iterable, endless ones too.
 * @param fn Called once for each item, in input order.
 * @throws {TypeError | RangeError} If an option or the input is not valid.
 *
 * @example One after another, as they come
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { pooled } from "@isopool/isopool";
 *
 * const seen: number[] = [];
 * for await (const n of pooled([3, 1, 2], (n) => n * 10, { concurrency: 2 })) seen.push(n);
 * assertEquals(seen, [30, 10, 20]);
 * ```
 */
export function pooled<T, R>(
  items: Input<T>,
  fn: (item: T, context: PooledContext) => R | PromiseLike<R>,
  options: PooledOptions & { onError: "settle" },
): Results<PromiseSettledResult<R>>;
/** Maps with the first failure, or all of them together, thrown. */
export function pooled<T, R>(
  items: Input<T>,
  fn: (item: T, context: PooledContext) => R | PromiseLike<R>,
  options?: PooledOptions,
): Results<R>;
export function pooled<T, R>(
  items: Input<T>,
  fn: (item: T, context: PooledContext) => R | PromiseLike<R>,
  options: PooledOptions = {},
): Results<R | PromiseSettledResult<R>> {
  const call = "map with pooled";
  knownOptions(call, options, ["concurrency", "buffer", "ordered", "signal", "onError"]);
  const concurrency = integer(call, "concurrency", options.concurrency ?? 32, 1);
  if (typeof fn !== "function") throw bad(call, "fn", fn, "a function", false);
  const job = new PooledJob<T, R>(openInput(call, items), fn, {
    concurrency,
    buffer: integer(call, "buffer", options.buffer ?? concurrency, 0),
    ordered: options.ordered ?? true,
    onError: oneOf(call, "onError", options.onError ?? "throw", ["throw", "settle", "aggregate"]),
  });
  job.start(abortSignal(call, "signal", options.signal));
  return new Results(job.collector);
}

/** Failures of results that nobody reads are reported as the script ends. */
let failures: Failures | undefined;

interface Plan {
  concurrency: number;
  buffer: number;
  ordered: boolean;
  onError: OnError;
}

class PooledJob<T, R> implements Producer {
  readonly collector: Collector<R | PromiseSettledResult<R>>;
  readonly #plan: Plan;
  readonly #fn: (item: T, context: PooledContext) => R | PromiseLike<R>;
  readonly #input: OpenInput<T>;
  readonly #controller = new AbortController();
  readonly #quiet = Promise.withResolvers<void>();
  #deaf = (): void => {};
  #lanes = 0;
  // Lanes that wait for the input; it may never answer, which must not hold up a failure.
  #waiting = 0;
  #ended = false;
  #next = 0;
  #inputEnded = false;
  // Reads of an asynchronous input, one after another: not every iterator takes overlapping calls.
  #reading: Promise<unknown> = Promise.resolve();
  #failure: { reason: unknown } | undefined;

  constructor(input: OpenInput<T>, fn: (item: T, context: PooledContext) => R | PromiseLike<R>, plan: Plan) {
    this.#plan = plan;
    this.#fn = fn;
    this.#input = input;
    this.collector = new Collector(this, plan);
  }

  start(signal: AbortSignal | undefined): void {
    this.#deaf = onAbort(signal, (reason) => this.#halt(reason));
    this.resume();
    this.#checkEnd();
  }

  /** {@inheritDoc Producer.resume} */
  resume(): void {
    while (this.#lanes < this.#plan.concurrency && this.#hasRoom()) void this.#lane();
  }

  /** {@inheritDoc Producer.stop} */
  stop(reason: unknown): Promise<void> {
    this.#halt(reason);
    return this.#quiet.promise;
  }

  #hasRoom(): boolean {
    if (this.#inputEnded) return false;
    const { concurrency, buffer } = this.#plan;
    return this.collector.collecting || this.#lanes + this.collector.unread < concurrency + buffer;
  }

  // Works through items, one at a time, while there is room.
  async #lane(): Promise<void> {
    this.#lanes++;
    do {
      this.#waiting++;
      const read = this.#input.sync ? this.#read() : await this.#readInTurn();
      this.#waiting--;
      if (read === undefined) break;
      const index = this.#next++;
      try {
        const value = await this.#fn(read.value, { signal: this.#controller.signal, index });
        if (!this.#failure) this.collector.settle(index, true, value);
      } catch (error) {
        if (this.#failure) continue;
        if (this.#plan.onError === "throw") this.#halt(error);
        else this.collector.settle(index, false, error);
      }
    } while (this.#lanes <= this.#plan.concurrency && this.#hasRoomForOneMore());
    this.#lanes--;
    this.#checkEnd();
  }

  #hasRoomForOneMore(): boolean {
    // This lane counts as one already.
    this.#lanes--;
    const room = this.#hasRoom();
    this.#lanes++;
    return room;
  }

  #read(): IteratorYieldResult<T> | undefined {
    if (this.#inputEnded) return undefined;
    try {
      const next = this.#input.sync!.next();
      if (!next.done) return next;
      this.#endInput();
    } catch (error) {
      this.#inputEnded = true;
      this.#halt(error);
    }
    return undefined;
  }

  #readInTurn(): Promise<IteratorYieldResult<T> | undefined> {
    const turn = this.#reading.then(async () => {
      if (this.#inputEnded) return undefined;
      try {
        const next = await this.#input.async!.next();
        if (!next.done) return next;
        this.#endInput();
      } catch (error) {
        this.#inputEnded = true;
        this.#halt(error);
      }
      return undefined;
    });
    this.#reading = turn;
    return turn;
  }

  #endInput(): void {
    if (this.#inputEnded) return;
    this.#inputEnded = true;
    this.collector.end(this.#next);
  }

  // Nothing more is wanted: stops reading, tells what is in progress.
  #halt(reason: unknown): void {
    if (this.#failure) return;
    this.#failure = { reason };
    if (!this.#inputEnded) {
      this.#inputEnded = true;
      closeInput(this.#input);
    }
    this.#controller.abort(reason);
    this.#checkEnd();
  }

  #checkEnd(): void {
    const busy = this.#lanes - (this.#failure ? this.#waiting : 0);
    if (this.#ended || busy > 0 || !this.#inputEnded) return;
    this.#ended = true;
    this.#deaf();
    this.#quiet.resolve();
    if (this.#failure) this.collector.fail(this.#failure.reason);
    this.collector.close(failures ??= new Failures());
  }
}
