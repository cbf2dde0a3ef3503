/**
 * `TaskTable`: the tasks that one pool has met. Each has one id, and an estimate of how long its calls take.
 *
 * @module
 */
import type { Source } from "../protocol/messages.ts";
import type { TaskEntry } from "./job.ts";

type LocalFunction = NonNullable<TaskEntry["localFunction"]>;

/** The tasks of one pool. */
export class TaskTable {
  // Looked up by the object first: making a key of text costs a quarter of a submit.
  readonly #sources = new WeakMap<Source, TaskEntry>();
  readonly #named = new Map<string, TaskEntry>();
  readonly #closures = new WeakMap<LocalFunction, TaskEntry>();
  /** URLs of the modules of all tasks so far. */
  readonly modules: Set<string> = new Set<string>();
  #lastId = 0;

  /** Returns the entry that {@linkcode named} has given for this very object. */
  known(source: Source): TaskEntry | undefined {
    return this.#sources.get(source);
  }

  /** Finds or makes the entry of a task that is named by its module and export, or by its source text. */
  named(source: Source, local?: LocalFunction): TaskEntry {
    const key = "source" in source ? source.source : `${source.url}\0${source.name}`;
    let entry = this.#named.get(key);
    if (!entry) this.#named.set(key, entry = this.#create(source, local));
    this.#sources.set(source, entry);
    return entry;
  }

  /** Finds or makes the entry of a closure, which only this isolate can run. */
  closure(local: LocalFunction): TaskEntry {
    let entry = this.#closures.get(local);
    if (!entry) this.#closures.set(local, entry = this.#create({ source: "" }, local));
    return entry;
  }

  #create(source: Source, local: LocalFunction | undefined): TaskEntry {
    if ("url" in source) this.modules.add(source.url);
    return { id: ++this.#lastId, source, localFunction: local, estimate: undefined, runs: undefined };
  }
}
