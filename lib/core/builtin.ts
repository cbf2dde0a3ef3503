/**
 * Node's modules that a script needs rarely. Those that are imported load before the script's first line: `node:crypto`
 * takes 30 ms, `node:child_process` 11. These load with their first use.
 *
 * @module
 */

/** Returns a module of Node's (`node:os`), and loads it the first time. Needs no permission. */
export const builtin: typeof process.getBuiltinModule = (name: string) => {
  // Through the global, and not before: importing node:process takes 10 ms.
  // deno-lint-ignore no-process-global
  return process.getBuiltinModule(name);
};
