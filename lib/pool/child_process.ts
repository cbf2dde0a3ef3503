/**
 * What a script needs to use `node:child_process`, besides the permission to run a program.
 *
 * @module
 */

/** The flag that the runtime's `spawn` and `fork` need: they read this variable, whatever environment they are given. */
export const CHILD_PROCESS_FLAG = "--allow-env=NODE_V8_COVERAGE";

/** Whether the script may read that variable. Without it, `spawn` and `fork` would prompt the user, or throw. */
export function mayUseChildProcess(): boolean {
  return Deno.permissions.querySync({ name: "env", variable: "NODE_V8_COVERAGE" }).state === "granted";
}
