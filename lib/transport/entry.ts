/**
 * Where workers start: a generated `data:` module that imports the worker's code and hands it an `import()` of its own.
 *
 * The detour is what makes one recipe work in a checkout and in a package installed from JSR, where this file's URL is
 * `https:`: node's `Worker` takes no `https:` entry, and an `import()` written inside a JSR package refuses modules of
 * other hosts. One that is written in a `data:` module does not.
 *
 * The entry of a scoped worker names its task modules literally: what is in its graph is loaded with the permissions of
 * the isolate that starts it, while an `import()` of a computed URL asks for the worker's own. That is how a local
 * module runs in a worker that may read nothing.
 *
 * @module
 */
import { namespaceUrl } from "../protocol/load_task.ts";

const code = (kind: string): string => JSON.stringify(new URL(`../../workers/${kind}.ts`, import.meta.url).href);

const asModule = (text: string): URL => new URL(`data:text/javascript;charset=utf-8,${encodeURIComponent(text)}`);

/** The URL to start a worker thread from. */
export function threadEntry(): URL {
  return asModule(`import { boot } from ${code("thread")};\nboot((url) => import(url));`);
}

/** The URL to start a scoped worker from that can load these task modules, whatever its scope. */
export function webEntry(modules: readonly string[]): URL {
  const table = modules.map((url) => {
    const literal = JSON.stringify(namespaceUrl(url));
    return `  [${literal}, () => import(${literal})],`;
  });
  return asModule(
    `import { boot } from ${code("web")};\nconst known = new Map([\n${table.join("\n")}\n]);\n` +
      "boot((url) => known.get(url)?.() ?? import(url));",
  );
}

/**
 * Never called: names the workers in the module graph, so that they are checked, cached, vendored and compiled in.
 *
 * @internal
 */
export const graph = [
  (): Promise<unknown> => import("../../workers/thread.ts"),
  (): Promise<unknown> => import("../../workers/web.ts"),
];
