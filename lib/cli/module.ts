/**
 * The task that a command line names: a module and one of its exports.
 *
 * @module
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type AnyFunction, type Task, tasks } from "../../mod.ts";
import { UsageError } from "./usage_error.ts";

/** A module and one of its exports. */
export interface ModuleExport {
  readonly url: string;
  readonly name: string;
}

/**
 * Reads the arguments MODULE and EXPORT. A path is resolved against the current directory; `https:`, `jsr:` and `npm:`
 * specifiers are taken as they are.
 */
export function parseModuleExport(command: string, [module, name]: readonly string[]): ModuleExport {
  if (module === undefined || name === undefined) {
    const missing = module === undefined ? "MODULE and EXPORT" : `EXPORT: the name of a function of ${module}`;
    const isProgram = module !== undefined && !/[.:]/.test(module);
    const hint = isProgram ? ". It calls functions: to run a program, write one that starts it by Deno.Command" : "";
    throw new UsageError(`isopool ${command} needs ${missing}: isopool ${command} hash.ts sha256${hint}`);
  }
  // A single letter before a colon is a drive of Windows (`C:`), not a scheme.
  const url = /^[a-z][a-z+.-]+:/i.test(module) ? module : pathToFileURL(resolve(module)).href;
  return { url, name };
}

/** Returns the task of an export. */
export function taskOf({ url, name }: ModuleExport): Task<[unknown], unknown> {
  return tasks<Record<string, AnyFunction>>(url)[name] as unknown as Task<[unknown], unknown>;
}
