/**
 * Where the entries of workers are found, in a checkout and in an installed package alike.
 *
 * @module
 */

/** The URL to start a worker of this kind from. */
export function workerEntry(kind: "thread"): URL {
  return new URL(`../../workers/${kind}.ts`, import.meta.url);
}
