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
 * @param command The program that starts them.
 * @throws {PermissionScopeError} If it may not run it.
 */
export function checkMayRun(action: string, command: string = denoPath()): void {
  if (Deno.permissions.querySync({ name: "run", command }).state === "granted") return;
  throw new PermissionScopeError(
    `Cannot ${action}: backend "process" runs ${command}, which this script may not do: start the script with ` +
      `--allow-run=${command}`,
    { flag: `--allow-run=${command}` },
  );
}

/** Checks the option `command`. */
export function launchPrefix(action: string, command: unknown, backend: BackendName): string[] | undefined {
  if (command === undefined) return undefined;
  if (backend !== "process") {
    throw new TypeError(
      `Cannot ${action}: \`command\` starts processes, which backend ${show(backend)} does not: leave it out, or use ` +
        'backend "process"',
    );
  }
  const isValid = Array.isArray(command) && command.length > 0 && command[0] !== "" &&
    command.every((part) => typeof part === "string" && !part.includes("\0"));
  if (!isValid) throw badOption(action, "command", command, "a list of a program and its arguments", false);
  return [...command];
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
