/**
 * The tasks that a worker knows, and their functions once they are loaded.
 *
 * @module
 */
import type { Importer, TaskFunction } from "../lib/protocol/load_task.ts";
import type { Source } from "../lib/protocol/messages.ts";
import { load } from "./hooks.ts";

/** The tasks of one worker, by number. */
export class TaskRegistry {
  readonly #import: Importer;
  readonly #sources = new Map<number, Source>();
  readonly #functions = new Map<number, TaskFunction>();
  readonly #loading = new Map<number, Promise<TaskFunction>>();

  /** @param importer The worker's `import()`. */
  constructor(importer: Importer) {
    this.#import = importer;
  }

  /** The host says where the code of a task is. */
  add(id: number, source: Source): void {
    this.#sources.set(id, source);
  }

  /** Whether it is known where the code of a task is. */
  has(id: number): boolean {
    return this.#sources.has(id);
  }

  /** The function of a task, if it is loaded. */
  get(id: number): TaskFunction | undefined {
    return this.#functions.get(id);
  }

  /** Loads a task, once. */
  async load(id: number): Promise<TaskFunction> {
    let loading = this.#loading.get(id);
    if (!loading) this.#loading.set(id, loading = load(this.#sources.get(id)!, this.#import));
    const fn = await loading.finally(() => this.#loading.delete(id));
    this.#functions.set(id, fn);
    return fn;
  }
}
