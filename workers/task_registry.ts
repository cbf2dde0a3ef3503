/**
 * The tasks that the host has sent to a worker, and their functions once they are loaded.
 *
 * @module
 */
import { isolateState } from "../lib/core/isolate_state.ts";
import { type Importer, loadTask, type TaskFunction } from "../lib/protocol/load_task.ts";
import type { Source } from "../lib/protocol/messages.ts";

/** The tasks of one worker, by id. */
export class TaskRegistry {
  readonly #import: Importer;
  readonly #sources = new Map<number, Source>();
  readonly #functions = new Map<number, TaskFunction>();
  readonly #loading = new Map<number, Promise<TaskFunction>>();

  /** @param importer The worker's `import()`. */
  constructor(importer: Importer) {
    this.#import = importer;
  }

  /** Adds a task. */
  add(id: number, source: Source): void {
    this.#sources.set(id, source);
  }

  /** Whether a task was added. */
  has(id: number): boolean {
    return this.#sources.has(id);
  }

  /** Returns the function of a task, if it is loaded. */
  get(id: number): TaskFunction | undefined {
    return this.#functions.get(id);
  }

  /** Loads a task, once for all calls that wait for it. */
  async load(id: number): Promise<TaskFunction> {
    let loading = this.#loading.get(id);
    if (!loading) this.#loading.set(id, loading = loadFunction(this.#sources.get(id)!, this.#import));
    const fn = await loading.finally(() => this.#loading.delete(id));
    this.#functions.set(id, fn);
    return fn;
  }
}

/** Loads a function. Meanwhile `isolateState.loading` names its module, so that a pool created at its top level is refused. */
export async function loadFunction(source: Source, importer: Importer): Promise<TaskFunction> {
  if (!("url" in source)) return await loadTask(source, importer);
  const { url } = source;
  isolateState.loading = url;
  return await loadTask(source, importer).finally(() => {
    if (isolateState.loading === url) isolateState.loading = undefined;
  });
}
