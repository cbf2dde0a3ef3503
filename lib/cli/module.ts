/**
 * The task that a command line names: a module and one of its exports.
 *
 * @module
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type AnyFunction, type Task, tasks } from "../../mod.ts";
import { UsageError } from "./usage_error.ts";

/** A module and an export, as a command line names them. */
export interface Named {
  readonly url: string;
  readonly name: string;
}

/** Reads MODULE and EXPORT. A path counts from the current directory; `https:`, `jsr:` and `npm:` are taken as they are. */
export function named(command: string, [module, name]: readonly string[]): Named {
  if (module === undefined || name === undefined) {
    const missing = module === undefined ? "MODULE and EXPORT" : `EXPORT: the name of a function of ${module}`;
    const isProgram = module !== undefined && !/[.:]/.test(module);
    const hint = isProgram ? ". It calls functions: to run a program, write one that starts it by Deno.Command" : "";
    throw new UsageError(`isopool ${command} needs ${missing}: isopool ${command} hash.ts sha256${hint}`);
  }
  // A letter alone is a drive.
  const url = /^[a-z][a-z+.-]+:/i.test(module) ? module : pathToFileURL(resolve(module)).href;
  return { url, name };
}

/** The task of a module and an export. */
export function taskOf({ url, name }: Named): Task<[unknown], unknown> {
  return tasks<Record<string, AnyFunction>>(url)[name] as unknown as Task<[unknown], unknown>;
}
