/**
 * Finds the configuration files of the runtime. The runtime uses the first one in a folder or in the folders above it.
 *
 * @module
 */
import { builtin } from "./builtin.ts";
import { URL } from "./platform.ts";

/** Names of configuration files. If a folder has both, the runtime uses the first. */
export const CONFIG_FILES = ["deno.json", "deno.jsonc"];

/** Yields a folder, the folder above it, and so on. */
export function* foldersFrom(folder: URL): Generator<URL, void> {
  for (;;) {
    yield folder;
    const outer = new URL("../", folder);
    // The root folder has itself above it.
    if (outer.href === folder.href) return;
    folder = outer;
  }
}

/** Whether this script may read a path. Does not prompt. */
export function mayRead(path: string | URL): boolean {
  return Deno.permissions.querySync({ name: "read", path }).state === "granted";
}

/** Whether there is a file that this script may read. */
export function isFile(url: URL): boolean {
  if (!mayRead(url)) return false;
  try {
    return Deno.statSync(url).isFile;
  } catch {
    // There is no such file, or the operating system or the runtime does not let this script read the folder.
    return false;
  }
}

/** Returns the path of a `file:` URL. */
export function pathOf(url: URL): string {
  return builtin("node:url").fileURLToPath(url);
}
