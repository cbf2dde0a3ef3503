/**
 * Where workers start: a generated `data:` module that imports the worker's code and hands it an `import()` of its own.
 *
 * The detour is what makes one recipe work in a checkout and in a package installed from JSR, where this file's URL is
 * `https:`: node's `Worker` takes no `https:` entry, and an `import()` written inside a JSR package refuses modules of
 * other hosts. One that is written in a `data:` module does not.
 *
 * @module
 */

/** The URL to start a worker of this kind from. */
export function workerEntry(kind: "thread"): URL {
  const code = new URL(`../../workers/${kind}.ts`, import.meta.url).href;
  const entry = `import { boot } from ${JSON.stringify(code)};\nboot((url) => import(url));`;
  return new URL(`data:text/javascript;charset=utf-8,${encodeURIComponent(entry)}`);
}

/**
 * Never called: names the workers in the module graph, so that they are checked, cached, vendored and compiled in.
 *
 * @internal
 */
export const graph = [(): Promise<unknown> => import("../../workers/thread.ts")];
