/**
 * The configuration file of this script, for the worker processes that it starts.
 *
 * The runtime looks for `deno.json` in the folder of the main module and above it. The main module of a worker process is a
 * `data:` module, which is in no folder, so the runtime would find nothing, and a task module could not import by the names
 * of the script's import map. (tests/canary/process_test.ts)
 *
 * @module
 */
import { builtin } from "../core/builtin.ts";
import { CONFIG_FILES, foldersFrom, isFile, mayRead, pathOf } from "../core/config_files.ts";
import { URL } from "../core/platform.ts";

/** Returns the path of this script's configuration file; `undefined` if it has none, or may not read the folders. */
export function scriptConfig(): string | undefined {
  // A compiled program has its import map inside, and the processes that it starts cannot read that.
  if (Deno.build.standalone) return undefined;
  const start = startFolder();
  if (start === undefined) return undefined;
  for (const folder of foldersFrom(start)) {
    const found = CONFIG_FILES.map((name) => new URL(name, folder)).find(isFile);
    if (found) return pathOf(found);
    // The runtime takes the nearest folder that has either file.
    if (isFile(new URL("package.json", folder))) return undefined;
  }
  return undefined;
}

/** Returns the folder where the runtime begins: that of the main module, or where the script was started. */
function startFolder(): URL | undefined {
  // A worker has no main module, and a main module that is not in a file has no folder.
  const main = Deno.mainModule as string | undefined;
  if (main?.startsWith("file:")) return new URL("./", main);
  if (!mayRead(".")) return undefined;
  return builtin("node:url").pathToFileURL(`${Deno.cwd()}/`);
}
