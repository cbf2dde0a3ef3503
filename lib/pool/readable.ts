/**
 * `checkReadable()`: refuses a module that workers could not load, before one starts.
 *
 * A worker loads local modules with the script's permission to read. Without it, on a terminal, Deno would ask the user
 * once for each of them; elsewhere the worker would die, and the pool break. The library's code may come from a registry:
 * then a task with too few permissions cannot start workers of its own. If it tries, the runtime writes into `deno.lock`
 * that the code has moved, and no later run of the project finds it.
 *
 * @module
 */
import { importHost } from "../core/import_host.ts";
import { ownModule } from "../core/own_modules.ts";
import { URL } from "../core/platform.ts";

/** The code of the library that a worker loads first. */
const WORKER_CODE = ownModule("workers/thread");

/**
 * Checks that a worker can load a module.
 *
 * @param action What cannot be done, in the message.
 * @param url The module; the library's own code by default.
 * @throws {Deno.errors.NotCapable} If it is a local file that this script may not read, or the library's own code and comes
 * from a host that it may not import from.
 */
export function checkReadable(action: string, url: string = WORKER_CODE): void {
  // Modules inside of a compiled program need no permission.
  if (Deno.build.standalone) return;
  if (url === WORKER_CODE && url.startsWith("http")) return checkImport(action, new URL(url));
  if (!url.startsWith("file:")) return;
  // `querySync` does not prompt: a permission for which Deno would ask counts as missing.
  if (Deno.permissions.querySync({ name: "read", path: new URL(url) }).state === "granted") return;
  throw new Deno.errors.NotCapable(
    `Cannot ${action}: its workers load ${url}, which this script may not read: start it with --allow-read, or with ` +
      "--allow-read=FOLDER,... for the folders of your task modules and, in a checkout, of this library",
  );
}

function checkImport(action: string, url: URL): void {
  const host = importHost(url);
  if (Deno.permissions.querySync({ name: "import", host } as Deno.PermissionDescriptor).state === "granted") return;
  throw new Deno.errors.NotCapable(
    `Cannot ${action}: its workers load ${url.href}, which this code may not import: start it with --allow-import=${host}, or ` +
      `put "${host}" into \`permissions.import\` of the pool whose task makes this one`,
  );
}
