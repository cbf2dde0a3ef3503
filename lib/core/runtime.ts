/**
 * What this library needs of the runtime.
 *
 * @module
 */
import { IsopoolError } from "./errors.ts";

/** The first Deno with Web Locks, without which a runaway thread cannot be stopped. */
const OLDEST = [2, 9];

/**
 * Checks the version of Deno.
 *
 * @throws {IsopoolError} If it is too old.
 */
export function checkRuntime(version: string = Deno.version.deno): void {
  const [major, minor] = version.split(".").map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  throw new IsopoolError(`Cannot create pool: this is Deno ${version}, it takes 2.9 or newer: run \`deno upgrade\``);
}
