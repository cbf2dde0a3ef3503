/**
 * Where the modules of this package are. In a checkout they are the sources. The published package has the same modules
 * bundled into a few files (packaging/build.ts). All modules that something names by their URL keep a file of their own
 * there, with the same path.
 *
 * ```
 * sources      lib/core/own_modules.ts (this module)      workers/thread.ts        lib/remote/arrivals.ts
 * published    dist/chunks/common.js (has this module)      dist/workers/thread.js   dist/lib/remote/arrivals.js
 * ```
 *
 * @module
 */
import { URL } from "./platform.ts";

const HERE = import.meta.url;
const isPublished = HERE.endsWith("/dist/chunks/common.js");
const ROOT = new URL(isPublished ? "../" : "../../", HERE).href;
const EXTENSION = isPublished ? ".js" : ".ts";

/** The file of this module if the package is no part of a program's bundle; the bundle's file otherwise. */
export const ownFile: string = HERE;

/** Whether the package is part of a program's bundle. That is one file, and the workers' modules are not beside it. */
export const isInBundle: boolean = !isPublished && !HERE.endsWith("/lib/core/own_modules.ts");

/**
 * What the URL of a module begins with, if a stack frame is the library's. The runtime prints the URLs of files decoded, so
 * these are here in both forms. In the bundle of a program nothing tells the library's frames from the program's own.
 */
export const OWN_FOLDERS: readonly string[] = isInBundle ? [] : withDecoded(isPublished ? [""] : ["lib/", "workers/"]);

function withDecoded(folders: readonly string[]): string[] {
  const urls = folders.map((folder) => `${ROOT}${folder}`);
  return [...new Set([...urls, ...urls.map((url) => url.startsWith("file:") ? decodeURIComponent(url) : url)])];
}

/**
 * Returns the URL of a module of this package. It must be one of `OWN_MODULES` (packaging/entries.ts), which keep a
 * file in the published package.
 *
 * In the bundle of a program there is no module at that URL: check `isInBundle` first.
 *
 * @param path Its path from the root of the sources, without the extension: `"workers/thread"`.
 * @param root The URL of the root, if the package was copied elsewhere.
 */
export function ownModule(path: string, root: string = ROOT): string {
  return new URL(`${path}${EXTENSION}`, root).href;
}
