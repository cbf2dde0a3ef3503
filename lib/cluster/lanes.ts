/**
 * `Lanes`: what the lanes of one pool have in common: the connection, and the numbers of its jobs.
 *
 * @module
 */
import type { Source } from "../protocol/messages.ts";
import { CallTask } from "./call_batches.ts";
import { Executor } from "./executor.ts";
import type { PoolSettings } from "./options.ts";
import { packTask } from "./size_limit.ts";
import type { WorkerSpec } from "./wire.ts";

/** The lanes of one pool. */
export class Lanes {
  readonly #settings: PoolSettings;
  // What hosts must know to start a worker.
  readonly #spec: WorkerSpec;
  readonly #tasks = new WeakMap<Source, CallTask>();
  readonly #jobs = new WeakMap<object, number>();
  // The lanes of each connection. There are several while the lanes of one that has failed end.
  readonly #counts = new Map<Executor, number>();
  #executor: Executor | undefined;
  #jobCount = 0;

  constructor(settings: PoolSettings, spec: WorkerSpec) {
    this.#settings = settings;
    this.#spec = spec;
  }

  /** The largest request that Redis takes. */
  get sizeLimit(): number {
    return this.#settings.sizeLimit;
  }

  /** Numbers a job of the pool. */
  numberOf(job: object): number {
    let number = this.#jobs.get(job);
    if (number === undefined) this.#jobs.set(job, number = this.#jobCount++);
    return number;
  }

  /**
   * Returns a task of the pool, packed once.
   *
   * @throws {RangeError} If Redis does not take it.
   */
  taskOf(source: Source): CallTask {
    let task = this.#tasks.get(source);
    if (!task) {
      const text = packTask({ source, spec: this.#spec, sizeLimit: this.sizeLimit });
      this.#tasks.set(source, task = new CallTask(source, text, this.#localModules(source)));
    }
    return task;
  }

  /** Returns the connection of a lane that starts. */
  enter(): Executor {
    const executor = this.#executor ??= new Executor(this.#settings);
    this.#counts.set(executor, (this.#counts.get(executor) ?? 0) + 1);
    return executor;
  }

  /** A connection could not be made: the next lane connects again. */
  failed(executor: Executor): void {
    if (this.#executor === executor) this.#executor = undefined;
  }

  /** A lane ends. The last one ends its connection. */
  async leave(executor: Executor): Promise<void> {
    const count = this.#counts.get(executor)! - 1;
    this.#counts.set(executor, count);
    if (count > 0) return;
    this.#counts.delete(executor);
    this.failed(executor);
    await executor.close();
  }
  #localModules(source: Source): string[] {
    if (!this.#settings.sendModules) return [];
    const { initializer, finalizer } = this.#spec;
    const urls = [source, initializer?.source, finalizer?.source].flatMap((each) =>
      each && "url" in each ? each.url : []
    );
    return [...new Set(urls.filter((url) => url.startsWith("file:")))];
  }
}
