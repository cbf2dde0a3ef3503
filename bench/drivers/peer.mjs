/**
 * Loads a package at run time, so that a benchmark of which one peer is missing still checks and runs.
 *
 * @module
 */

/**
 * @param {string} specifier Package name beside the installed peers (Node), or a whole `npm:` specifier (Deno).
 * @returns {Promise<any>} Its namespace.
 */
export function peer(specifier) {
  return import(specifier);
}
