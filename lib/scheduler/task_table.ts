/**
 * The tasks that one pool has met, each under one number, with what is known of how long it takes.
 *
 * @module
 */
import type { Source } from "../protocol/messages.ts";
import type { TaskEntry } from "./job.ts";

type Local = NonNullable<TaskEntry["localFunction"]>;

/** Finds or makes the entry of a task. */
export class TaskTable {
  // Looked up by the object first: a key of text costs a quarter of a submit.
  readonly #sources = new WeakMap<Source, TaskEntry>();
  readonly #named = new Map<string, TaskEntry>();
  readonly #closures = new WeakMap<Local, TaskEntry>();
  /** URLs of the modules of all tasks so far. */
  readonly modules: Set<string> = new Set<string>();
  #last = 0;

  /** The entry of a task that a module or a source names. */
  named(source: Source, local?: Local): TaskEntry {
    const known = this.#sources.get(source);
    if (known) return known;
    const key = "source" in source ? source.source : `${source.url}\0${source.name}`;
    let entry = this.#named.get(key);
    if (!entry) this.#named.set(key, entry = this.#create(source, local));
    this.#sources.set(source, entry);
    return entry;
  }

  /** The entry of a closure, which only this isolate can run. */
  closure(local: Local): TaskEntry {
    let entry = this.#closures.get(local);
    if (!entry) this.#closures.set(local, entry = this.#create({ source: "" }, local));
    return entry;
  }

  #create(source: Source, local: Local | undefined): TaskEntry {
    if ("url" in source) this.modules.add(source.url);
    return { id: ++this.#last, source, localFunction: local, estimate: undefined };
  }
}
