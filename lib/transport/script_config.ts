/**
 * The configuration file of this script, for the worker processes that it starts.
 *
 * The runtime looks for `deno.json` in the folder of the main module and above it. The main module of a worker process is a
 * `data:` module, which is in no folder, so the runtime would find nothing, and a task module could not import by the names
 * of the script's import map. (tests/canary/process_test.ts)
 *
 * @module
 */
import { URL } from "../core/platform.ts";

const NAMES = ["deno.json", "deno.jsonc"];

/** Returns the path of this script's configuration file; `undefined` if it has none, or may not read the folders. */
export function scriptConfig(): string | undefined {
  // A compiled program has its import map inside, and the processes that it starts cannot read that.
  if (Deno.build.standalone) return undefined;
  for (let folder = startFolder(); folder !== undefined; folder = parent(folder)) {
    for (const name of NAMES) {
      if (isFile(new URL(name, folder))) return pathOf(new URL(name, folder));
    }
    // The runtime takes the nearest folder that has either file.
    if (isFile(new URL("package.json", folder))) return undefined;
  }
  return undefined;
}

/** Returns the folder where the runtime begins: that of the main module, or where the script was started. */
function startFolder(): URL | undefined {
  // A worker has no main module. One that is not in a file has no folder.
  const main = Deno.mainModule as string | undefined;
  if (main?.startsWith("file:")) return new URL("./", main);
  if (Deno.permissions.querySync({ name: "read", path: "." }).state !== "granted") return undefined;
  // deno-lint-ignore no-process-global
  return process.getBuiltinModule("node:url").pathToFileURL(`${Deno.cwd()}/`);
}

function parent(folder: URL): URL | undefined {
  const above = new URL("../", folder);
  return above.href === folder.href ? undefined : above;
}

function isFile(url: URL): boolean {
  if (Deno.permissions.querySync({ name: "read", path: url }).state !== "granted") return false;
  try {
    return Deno.statSync(url).isFile;
  } catch {
    // No such file, or a folder that the system does not let this script read, or the runtime.
    return false;
  }
}

function pathOf(url: URL): string {
  // deno-lint-ignore no-process-global
  return process.getBuiltinModule("node:url").fileURLToPath(url);
}
