/**
 * Imports a package at run time, so that a benchmark still checks and runs if a peer is not installed.
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
