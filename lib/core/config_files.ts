/**
 * Configuration files of the runtime: it takes the first one in a folder or above it.
 *
 * @module
 */
import { builtin } from "./builtin.ts";
import { URL } from "./platform.ts";

/** Their names, the first of which the runtime prefers. */
export const CONFIG_FILES = ["deno.json", "deno.jsonc"];

/** Yields a folder, the folder above it, and so on. */
export function* foldersFrom(folder: URL): Generator<URL, void> {
  for (let inner: URL | undefined; folder.href !== inner?.href; folder = new URL("../", inner = folder)) yield folder;
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
    // No such file, or a folder that the system does not let this script read, or the runtime.
    return false;
  }
}

/** Returns the path of a `file:` URL. */
export function pathOf(url: URL): string {
  return builtin("node:url").fileURLToPath(url);
}
