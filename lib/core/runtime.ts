/**
 * Checks that the runtime has what this library needs.
 *
 * @module
 */
import { IsopoolError } from "./errors.ts";

/** Oldest Deno with Web Locks, without which the host cannot stop a runaway thread. */
const OLDEST_DENO = [2, 9];

/**
 * Checks the version of Deno.
 *
 * @throws {IsopoolError} If it is older than 2.9.
 */
export function checkRuntime(version: string = Deno.version.deno): void {
  const [major, minor] = version.split(".").map(Number);
  if (major > OLDEST_DENO[0] || (major === OLDEST_DENO[0] && minor >= OLDEST_DENO[1])) return;
  throw new IsopoolError(`Cannot create pool: this is Deno ${version}: it needs 2.9 or newer: run \`deno upgrade\``);
}
