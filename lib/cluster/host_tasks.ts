/**
 * `HostTasks`: the tasks of calls as a worker host runs them: allowed, and with the modules that were sent in its folder.
 *
 * @module
 */
import { TaskLoadError } from "../core/errors.ts";
import { JSON, type Promise } from "../core/platform.ts";
import type { AllowedModules } from "./allowed_modules.ts";
import type { ModuleFolder } from "./module_folder.ts";
import { asImported, atHost, checkBase } from "./module_urls.ts";
import type { SentModules } from "./sent_modules.ts";
import { unpack } from "./pack.ts";
import type { JobTask } from "./wire.ts";

/** Number of tasks that a host keeps ready. */
const MAX_KNOWN = 200;

/** A task whose modules are where the workers of a host find them. */
export interface HostTask extends JobTask {
  /** Identifies the function of the task on this host. */
  readonly key: string;
  /** Where the modules that were sent with it are at the submitter, and here; `undefined` if the host does not take these. */
  readonly moved: { readonly base: string; readonly folder: string } | undefined;
}

/** The tasks of one host. */
export class HostTasks {
  readonly #allowed: AllowedModules;
  readonly #folder: ModuleFolder;
  readonly #given = new Cache<JobTask>();
  readonly #ready = new Cache<HostTask>();

  constructor(allowed: AllowedModules, folder: ModuleFolder) {
    this.#allowed = allowed;
    this.#folder = folder;
  }

  /**
   * Makes a task ready.
   *
   * @param text The packed task.
   * @param sent The local modules that were sent with it.
   * @throws {ClusterError} If this host does not run it.
   * @throws {TaskLoadError} If its modules are not in Redis as they were sent.
   */
  async prepare(text: string, sent: SentModules | undefined): Promise<HostTask> {
    const given = this.#given.get(text, () => asImported(unpack<JobTask>(text)));
    if (sent) checkBase(sent.base);
    const takesSent = this.#allowed.check(given, sent);
    if (!takesSent || !sent) return this.#ready.get(text, () => ready(given, undefined));
    const { base, hash } = sent;
    try {
      const folder = await this.#folder.provide(hash);
      return this.#ready.get(`${hash} ${base} ${text}`, () => ready(atHost(given, base, folder), { base, folder }));
    } catch (cause) {
      const { source } = given;
      const url = "url" in source ? source.url : base;
      throw new TaskLoadError(`Cannot load task module ${url}, as it was sent: ${(cause as Error).message}`, {
        url,
        cause,
      });
    }
  }
}

function ready(task: JobTask, moved: HostTask["moved"]): HostTask {
  return { ...task, key: JSON.stringify(task.source), moved };
}

/** The newest values of a kind, by text. */
class Cache<T> {
  readonly #values = new Map<string, T>();

  get(key: string, make: () => T): T {
    let value = this.#values.get(key);
    if (value === undefined) {
      const [oldest] = this.#values.keys();
      if (this.#values.size >= MAX_KNOWN) this.#values.delete(oldest);
      this.#values.set(key, value = make());
    }
    return value;
  }
}
