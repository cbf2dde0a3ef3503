/**
 * The entry modules of workers: a generated `data:` module imports the worker's code and passes it an `import()`
 * function.
 *
 * The `data:` module makes one entry work in a checkout and in a package installed from JSR, where this file's URL is
 * `https:`. Node's `Worker` takes no `https:` entry, and an `import()` written inside a JSR package refuses modules of
 * other hosts; one that is written in a `data:` module does not.
 *
 * The entry of a scoped worker names its task modules literally. The runtime loads what is in the entry's graph with
 * the permissions of the isolate that starts the worker, and an `import()` of a computed URL with the worker's own. So
 * a local module runs in a worker that may read nothing.
 *
 * @module
 */
import { importHost } from "../core/import_host.ts";
import { isInBundle, ownFile, ownModule } from "../core/own_modules.ts";
import { JSON, URL } from "../core/platform.ts";
import type { Connecting } from "../protocol/connecting.ts";
import { namespaceUrl } from "../protocol/load_task.ts";

/** The URL of the code of worker processes. */
export const PROCESS_CODE: string = ownModule("workers/process");
/** The URL of what they load when the first shared object comes. It has more files than all their other code. */
export const PROCESS_OBJECTS: string = objectsBeside(PROCESS_CODE);

function objectsBeside(processCode: string): string {
  return ownModule("lib/remote/arrivals", new URL("../", processCode).href);
}

/**
 * Checks that the workers' modules are there.
 *
 * @throws {Error} If this package is part of a program's bundle.
 */
export function checkWorkerCode(): void {
  if (!isInBundle) return;
  throw new Error(
    `Cannot start workers: their modules are not in a bundle such as ${ownFile}: keep the library out of it by ` +
      '`deno bundle --external="@isopool/*"`, use `deno compile`, or run the tasks here with backend "async"',
  );
}

const dataUrl = (text: string): URL => new URL(`data:text/javascript;charset=utf-8,${encodeURIComponent(text)}`);

/** Returns the entry of a worker thread. */
export function threadEntry(): URL {
  return dataUrl(`import { boot } from ${JSON.stringify(ownModule("workers/thread"))};\nboot((url) => import(url));`);
}

/** Returns the entry of a scoped worker that can load these task modules, whatever its permissions. */
export function webEntry(modules: readonly string[]): URL {
  return entryWith(ownModule("workers/web"), modules.map(namespaceUrl));
}

// The runtime loads modules that are named literally with the permissions of the code that starts the worker.
function entryWith(code: string, urls: readonly string[], argument = ""): URL {
  const table = urls.map((url) => {
    const literal = JSON.stringify(url);
    return `  [${literal}, () => import(${literal})],`;
  });
  return dataUrl(
    `import { boot } from ${JSON.stringify(code)};\nconst known = new Map([\n${table.join("\n")}\n]);\n` +
      `boot((url) => known.get(url)?.() ?? import(url)${argument});`,
  );
}

/** Where and how a worker process runs. */
export interface ProcessPlace {
  /** Whether it is started through another program. */
  readonly isLaunched: boolean;
  /** Whether it is ended with this script from outside (process_watch.ts). */
  readonly isWatched?: boolean;
  /** Where it connects to this script, if it does. */
  readonly connection?: Connecting;
  /** Whether it may read all files: then the library's code for shared objects is read when it is needed, and not at start. */
  readonly mayRead: boolean;
  /** The URL of its code on the machine where it runs. */
  readonly code?: string;
}

/** Returns the entry of a worker process that can load these task modules, whatever its permissions. */
export function processEntry(
  modules: readonly string[],
  { isLaunched, isWatched = false, connection, mayRead, code = PROCESS_CODE }: ProcessPlace,
): URL {
  const urls = [...mayRead ? [] : [objectsBeside(code)], ...modules.map(namespaceUrl)];
  return entryWith(code, urls, `, ${JSON.stringify({ isLaunched, isWatched, connection })}`);
}

/** Returns the hosts that the library and these modules are loaded from, as `--allow-import` takes them. */
export function usesHosts(modules: readonly string[]): string[] {
  const hosts = [ownFile, ...modules].map((url) => URL.parse(url)).filter((url) => url !== null)
    .filter(({ protocol }) => protocol === "https:" || protocol === "http:");
  return [...new Set(hosts.map(importHost))];
}

/**
 * Puts the workers' code into the module graph, so that it is checked, cached, vendored and compiled in. Never called.
 *
 * @internal
 */
export const graph = [
  (): Promise<unknown> => import("../../workers/thread.ts"),
  (): Promise<unknown> => import("../../workers/web.ts"),
  (): Promise<unknown> => import("../../workers/process.ts"),
  (): Promise<unknown> => import("../remote/arrivals.ts"),
];
