/**
 * Checks of the options of backend `"process"`.
 *
 * @module
 */
import { PermissionScopeError } from "../core/errors.ts";
import { badOption, show } from "../core/validate.ts";
import { type BackendName, denoPath } from "./backends.ts";

/**
 * Checks that this script may start worker processes.
 *
 * @throws {PermissionScopeError} If it may not run the program of the runtime.
 */
export function checkMayRun(action: string): void {
  const command = denoPath();
  if (Deno.permissions.querySync({ name: "run", command }).state === "granted") return;
  throw new PermissionScopeError(
    `Cannot ${action}: backend "process" runs ${command}, which this script may not do: start the script with ` +
      `--allow-run=${command}`,
    { flag: `--allow-run=${command}` },
  );
}

/** Checks the option `cwd`. */
export function workingDirectory(action: string, cwd: unknown, backend: BackendName): string | undefined {
  if (cwd === undefined) return undefined;
  if (backend !== "process") {
    throw new TypeError(
      `Cannot ${action}: \`cwd\` needs workers with a working directory of their own, not ${
        show(backend)
      }: leave it out, ` +
        'or use backend "process"',
    );
  }
  if (cwd instanceof URL && cwd.protocol === "file:") {
    // deno-lint-ignore no-process-global
    return process.getBuiltinModule("node:url").fileURLToPath(cwd);
  }
  if (typeof cwd === "string" && cwd !== "") return cwd;
  throw badOption(action, "cwd", cwd, "a path or a file: URL", false);
}
