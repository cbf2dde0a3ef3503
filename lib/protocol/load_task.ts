/**
 * Loads the function of a task, in the isolate that runs it.
 *
 * @module
 */
import { IsopoolError } from "../core/base_error.ts";
import { JSON } from "../core/platform.ts";
import { TaskLoadError, TaskNotFoundError } from "../core/task_errors.ts";
import { show } from "../core/validate.ts";
import type { Source } from "./messages.ts";

/** An `import()` function. Which modules it may load depends on the module that contains it (transport/entry.ts). */
// deno-lint-ignore no-explicit-any -- a namespace
export type Importer = (url: string) => Promise<any>;

/** A loaded task function. */
export type TaskFunction = (...args: unknown[]) => unknown;

/**
 * Loads the function of a task.
 *
 * @param load The `import()` that loads its module.
 * @throws {TaskLoadError} If the module cannot be loaded; `cause` is the reason.
 * @throws {TaskNotFoundError} If the module exports no such function.
 */
export async function loadTask(source: Source, load: Importer = (url) => import(url)): Promise<TaskFunction> {
  if ("source" in source) return new Function(`"use strict"; return (${source.source}\n)`)() as TaskFunction;
  const { url, name } = source;
  const { module } = await importNamespace(url, load);
  const found = Object.hasOwn(module, name) ? module[name] : undefined;
  if (typeof found === "function") return found as TaskFunction;
  const exports = Object.keys(module).filter((key) => typeof module[key] === "function");
  const has = exports.length === 0
    ? "it exports no function"
    : `it exports ${exports.map((key) => show(key)).join(", ")}`;
  const what = found === undefined ? "no such export" : `that export is ${show(found)}, not a function`;
  throw new TaskNotFoundError(`Cannot run task ${show(name)} of ${url}: ${what}: ${has}`, { url, task: name, exports });
}

/**
 * Returns the URL of a module whose export `module` is the namespace of the one at `url`. Awaiting a namespace that
 * exports `then` would call that export; a namespace inside another one is not touched.
 */
export function namespaceUrl(url: string): string {
  return `data:text/javascript,${encodeURIComponent(`export * as module from ${JSON.stringify(url)}`)}`;
}

// `deno compile` takes along what the program imports. A URL that `import.meta.resolve()` makes is no import.
function compiledHint(url: string): string {
  if (!Deno.build.standalone || !url.startsWith("file:")) return "";
  const name = url.slice(url.lastIndexOf("/") + 1);
  return `: in a compiled program, a module that no import names is missing: run deno compile with --include ${name}`;
}

async function importNamespace(url: string, load: Importer): Promise<{ module: Record<string, unknown> }> {
  try {
    return await load(namespaceUrl(url)) as { module: Record<string, unknown> };
  } catch (cause) {
    // An error of this library already says what to do: for example, the module creates a pool at its top level.
    if (cause instanceof IsopoolError) throw cause;
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : show(cause);
    throw new TaskLoadError(`Cannot load task module ${url}: ${reason}${compiledHint(url)}`, { url, cause });
  }
}
