/**
 * The runtime's cache, as a worker process with permissions of its own finds it.
 *
 * The runtime asks no permission for two ways out: a task that imports `npm:any-name` makes it ask the registry, and
 * `caches` and `localStorage` write into the cache folder, where the next task finds it. So such a worker
 *
 * ```
 * runs with --cached-only    what its tasks import statically is fetched before it starts, by `deno cache`
 * has another cache folder   modules and packages are links to those of the cache, and there is no room for storage
 * ```
 *
 * Both need `sh`, and permission to run it and to write there; otherwise SECURITY.md says what is left open.
 *
 * @module
 */
import { ownFile } from "../core/own_modules.ts";
import { JSON } from "../core/platform.ts";
import { PROCESS_CODE, PROCESS_OBJECTS } from "./entry.ts";

/** What fetches and starts. */
export const SHELL = "/bin/sh";

const isUnix = Deno.build.os !== "windows";

/** What is linked, so that nothing is fetched twice. */
const LINKED = ["npm", "remote", "gen", "dl"];
/** Where the runtime makes a folder for what tasks store. A file of that name stands in its way. */
const BLOCKED = ["location_data"];

// Folders by that of the cache; `undefined` if this script may not make one.
const folders = new Map<string, string | undefined>();

/** Returns the cache folder of workers with a scope; `cache` itself if this script may not make one. */
export function storageless(cache: string): string {
  if (!folders.has(cache)) folders.set(cache, makeFolder(cache));
  return folders.get(cache) ?? cache;
}

function makeFolder(cache: string): string | undefined {
  if (!isUnix) return undefined;
  for (const name of ["read", "write"] as const) {
    if (Deno.permissions.querySync({ name, path: cache }).state !== "granted") return undefined;
  }
  const folder = `${cache}/isopool`;
  try {
    Deno.mkdirSync(folder, { recursive: true });
    for (const name of BLOCKED) Deno.writeTextFileSync(`${folder}/${name}`, "");
    for (const name of LINKED) {
      Deno.mkdirSync(`${cache}/${name}`, { recursive: true });
      link(`../${name}`, `${folder}/${name}`);
    }
    return folder;
  } catch {
    // A link needs the permission for every file, and the cache may be on a disk that cannot be written.
    return undefined;
  }
}

function link(target: string, path: string): void {
  try {
    Deno.symlinkSync(target, path, { type: "dir" });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}

// Lists of modules that are in the cache, since a worker with them has started.
const cached = new Set<string>();

/** How a worker is started that must not fetch anything. */
export interface CachedStart {
  /** What a shell runs first, with the runtime as `$0` and the environment of this script. */
  readonly fetch: string | undefined;
  readonly flags: readonly string[];
  /** To be called when the worker has started. */
  readonly started: () => void;
}

/**
 * Returns how to start a worker that imports these modules and may fetch nothing else.
 *
 * @param flags Flags that decide how a specifier is resolved.
 */
export function cachedStart(modules: readonly string[], flags: readonly string[]): CachedStart {
  // Those of the library, if they do not come from a folder.
  const all = [
    ...isLocal(ownFile) ? [] : [PROCESS_CODE, PROCESS_OBJECTS],
    ...modules,
  ];
  const key = JSON.stringify(all);
  const started = () => void cached.add(key);
  const cachedOnly = flags.includes("--cached-only") ? flags : [...flags, "--cached-only"];
  if (all.length === 0 || cached.has(key)) return { fetch: undefined, flags: cachedOnly, started };
  if (!isUnix || Deno.permissions.querySync({ name: "run", command: SHELL }).state !== "granted") {
    return { fetch: undefined, flags, started };
  }
  const words = ["cache", "--quiet", ...flags, ...all].map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  // What cannot be fetched is an error of the call that imports it.
  return { fetch: `"$0" ${words.join(" ")} >/dev/null 2>&1`, flags: cachedOnly, started };
}

const isLocal = (url: string): boolean => url.startsWith("file:");
