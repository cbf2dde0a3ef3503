/**
 * `stages()`: a pipeline. Each item goes through all stages; a stage starts an item when the one before has finished it.
 *
 * ```
 * items -> pooled(fetchPage) -> pool.imap(parse) -> pooled(save) -> reader
 *      <-                   <-                  <-              <-  each reads the one before only when it has room
 * ```
 *
 * @module
 */
import { onAbort } from "../core/abort.ts";
import { type Input, isAsync } from "../core/input.ts";
import { AbortController, DOMException, Promise as RuntimePromise } from "../core/platform.ts";
import { type StageError, stageError } from "../core/pool_errors.ts";
import { abortSignal, boolean, callback, knownOptions } from "../core/validate.ts";
import { Results } from "../future/results.ts";
import type { PooledContext } from "../io/context.ts";
import type { Pool } from "../pool/pool.ts";
import type { Task } from "../task/task.ts";
import {
  cpuStage,
  type CpuStageOptions,
  ioStage,
  type IoStageOptions,
  type Stage,
  type StageFunction,
} from "./stage.ts";

/** Options of {@linkcode stages}. */
export interface StagesOptions {
  /**
   * Whether each stage passes its results on in input order. With `false` they go on as they come: no item waits for a
   * slower one, and an awaited array is in that order, too.
   *
   * @default {true}
   */
  ordered?: boolean;
  /** Cancels the run: all stages stop, and the run rejects with the signal's reason. */
  signal?: AbortSignal;
  /**
   * Is called with the failure of an item, and awaited; the item is left out, and the run goes on. What it throws ends the
   * run.
   *
   * @default {throws the error: the first failure ends the run}
   */
  onFailure?: (error: StageError) => void | PromiseLike<void>;
}

/** What a pipeline is made of. */
interface Plan {
  readonly items: Input<unknown>;
  readonly ordered: boolean;
  readonly signal: AbortSignal | undefined;
  readonly onFailure: (error: StageError) => unknown;
  readonly stages: readonly Stage[];
}

/**
 * A pipeline, as {@linkcode stages} returns it. It starts when its results are read: in a loop, by `await`, which gives
 * them as an array, or by {@linkcode Stages.drain}, which keeps none. It is read once; its methods return new pipelines.
 *
 * A slow stage holds back those before it: a stage has at most `concurrency + buffer` items (`io`) or `buffer` items
 * (`cpu`). So the memory of a loop or a drain does not grow with the input.
 *
 * **Cost**: an item costs that of `pooled()` or `Pool.imap()` in each stage, and about 1 us more. **When not to use it**:
 * one stage is shorter as `pooled()` or `pool.imap()`.
 *
 * @typeParam T What the last stage gives.
 */
export class Stages<T> extends Results<T> {
  readonly #plan: Plan;

  /** @ignore Use {@linkcode stages}. */
  constructor(plan: Plan) {
    super({ iterate: () => iterate<T>(plan), collect: () => Array.fromAsync(iterate<T>(plan)) });
    this.#plan = plan;
  }

  /**
   * Adds a stage that calls a function on this thread, for requests and files: `pooled()`.
   *
   * @param fn Called with each item and a context with a `signal`.
   * @throws {TypeError | RangeError} If an argument is not valid.
   *
   * @example Call a service, ten requests at a time
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { stages } from "@isopool/isopool";
   *
   * await using server = Deno.serve({ port: 0, onListen() {} }, (request) => new Response(new URL(request.url).pathname));
   * const load = async (path: string) => await (await fetch(`http://127.0.0.1:${server.addr.port}${path}`)).text();
   * assertEquals(await stages(["/a", "/b"]).io(load, { concurrency: 10 }), ["/a", "/b"]);
   * ```
   */
  io<R>(fn: (item: T, context: PooledContext) => R | PromiseLike<R>, options: IoStageOptions = {}): Stages<R> {
    return this.#with(ioStage(fn as StageFunction, options));
  }

  /**
   * Adds a stage that runs a task on workers: `Pool.imap()`. It has a pool of its own, or uses the `pool` that you give it.
   *
   * @throws {TypeError | RangeError} If an argument is not valid.
   *
   * @example Compute on two workers what this thread has loaded
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, stages } from "@isopool/isopool";
   *
   * const count = inline((text: string) => text.split(" ").length);
   * const load = (id: number) => Promise.resolve("word ".repeat(id) + "end");
   * assertEquals(await stages([1, 2, 3]).io(load).cpu(count, { workers: 2 }), [2, 3, 4]);
   * ```
   */
  cpu<R>(task: Task<[T], R>, options: CpuStageOptions = {}): Stages<R> {
    return this.#with(cpuStage(task as unknown as Task<[unknown], unknown>, options));
  }

  /**
   * Runs the pipeline, and keeps no result. Returns how many items came out of the last stage.
   *
   * @throws {StageError} If an item failed, and there is no `onFailure`.
   *
   * @example Save as many results as there are
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { stages } from "@isopool/isopool";
   *
   * const saved: number[] = [];
   * const save = (n: number) => void saved.push(n);
   * assertEquals([await stages([1, 2]).io((n) => n * 2).io(save).drain(), saved], [2, [2, 4]]);
   * ```
   */
  async drain(): Promise<number> {
    let count = 0;
    for await (const _ of this) count++;
    return count;
  }

  #with<R>(stage: Stage): Stages<R> {
    return new Stages<R>({ ...this.#plan, stages: [...this.#plan.stages, stage] });
  }
}

/**
 * Opens a pipeline: each item goes through all of its stages, and no stage waits for the whole of the one before.
 *
 * The failure of an item is a {@linkcode StageError} with the stage, the item and, as `cause`, what was thrown. It ends the
 * run after the results of the items before it, or goes to `onFailure`.
 *
 * @param items An iterable or async iterable; it may be endless.
 * @throws {TypeError} If an argument is not valid.
 *
 * @example Load, compute on workers, save
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { inline, stages } from "@isopool/isopool";
 *
 * const saved = new Map<number, string>();
 * const fetchPage = (id: number) => Promise.resolve({ id, text: `page ${id}` });
 * const parse = inline(({ id, text }: { id: number; text: string }) => ({ id, title: text.toUpperCase() }));
 * const save = ({ id, title }: { id: number; title: string }) => void saved.set(id, title);
 *
 * await stages([1, 2, 3]).io(fetchPage, { concurrency: 50 }).cpu(parse, { workers: 2 }).io(save).drain();
 * assertEquals(saved.get(3), "PAGE 3");
 * ```
 */
export function stages<T>(items: Input<T>, options: StagesOptions = {}): Stages<T> {
  isAsync(ACTION, items); // For its check only.
  knownOptions(ACTION, options, ["ordered", "signal", "onFailure"]);
  callback(ACTION, "onFailure", options.onFailure);
  return new Stages<T>({
    items,
    ordered: boolean(ACTION, "ordered", options.ordered, true),
    signal: abortSignal(ACTION, "signal", options.signal),
    onFailure: options.onFailure ?? ((error) => {
      throw error;
    }),
    stages: [],
  });
}

const ACTION = "open stages";

// Runs a pipeline. A reader that leaves, and a failure, stop all stages in the `finally`.
async function* iterate<T>({ items, ordered, signal, onFailure, stages }: Plan): AsyncGenerator<T, void, void> {
  const controller = new AbortController();
  const removeListener = onAbort(signal, (reason) => controller.abort(reason));
  const pools: Pool[] = [];
  const reading = new Set<Promise<void>>();
  let isDone = false;
  try {
    let source: Input<unknown> = items;
    for (const [at, stage] of stages.entries()) source = results(stage, at + 1, source);
    for await (const result of source) yield result as T;
    isDone = true;
  } finally {
    removeListener();
    if (!isDone) controller.abort(new DOMException("The pipeline has ended", "AbortError"));
    await RuntimePromise.all(reading);
    await RuntimePromise.all(pools.map((pool) => isDone ? pool.shutdown() : pool.terminate()));
  }

  // The results of one stage. The next stage reads it, and so starts it.
  async function* results(stage: Stage, number: number, source: Input<unknown>): AsyncGenerator<unknown, void, void> {
    const { promise, resolve } = RuntimePromise.withResolvers<void>();
    reading.add(promise);
    const given = new Map<number, unknown>();
    try {
      for await (
        const outcome of stage.open(remembering(source, given), { ordered, signal: controller.signal, pools })
      ) {
        const item = given.get(outcome.index);
        given.delete(outcome.index);
        if (outcome.status === "fulfilled") yield outcome.value;
        else await onFailure(stageError(number, stage.name, item, outcome.reason));
      }
    } finally {
      resolve();
    }
  }
}

// Passes an input on, and keeps each item under its position until its outcome is known.
function remembering(source: Input<unknown>, given: Map<number, unknown>): Input<unknown> {
  let index = 0;
  const remember = (item: unknown) => {
    given.set(index++, item);
    return item;
  };
  return isAsync(ACTION, source) ? mapAsync(source, remember) : mapSync(source, remember);
}

async function* mapAsync(source: AsyncIterable<unknown>, fn: (item: unknown) => unknown): AsyncGenerator<unknown> {
  for await (const item of source) yield fn(item);
}

function* mapSync(source: Iterable<unknown>, fn: (item: unknown) => unknown): Generator<unknown> {
  for (const item of source) yield fn(item);
}
