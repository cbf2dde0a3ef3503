/**
 * `checkReadable()`: refuses a module that workers could not load, before one starts.
 *
 * A worker loads local modules with the script's permission to read. Without it, on a terminal, Deno would ask the user
 * once for each of the fifty modules of a worker; elsewhere the worker would die, and the pool break.
 *
 * @module
 */
import { ownModule } from "../core/own_modules.ts";
import { URL } from "../core/platform.ts";

/** The code of the library that a worker loads first. */
const WORKER_CODE = ownModule("workers/thread");

/**
 * Checks that a worker can load a module.
 *
 * @param action What cannot be done, in the message.
 * @param url The module; the library's own code by default.
 * @throws {Deno.errors.NotCapable} If it is a local file that this script may not read.
 */
export function checkReadable(action: string, url: string = WORKER_CODE): void {
  // Modules inside of a compiled program need no permission.
  if (!url.startsWith("file:") || Deno.build.standalone) return;
  // `querySync` does not prompt: a permission for which Deno would ask counts as missing.
  if (Deno.permissions.querySync({ name: "read", path: new URL(url) }).state === "granted") return;
  throw new Deno.errors.NotCapable(
    `Cannot ${action}: its workers load ${url}, which this script may not read: start it with --allow-read, or with ` +
      "--allow-read=FOLDER,... for the folders of your task modules and, in a checkout, of this library",
  );
}
