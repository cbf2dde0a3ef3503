/**
 * `checkWorkerOptions()`: finds out whether the runtime's unstable feature `worker-options` is on. Without it, giving
 * permissions to a worker ends the whole process with code 70, and nothing can catch that.
 *
 * The runtime shows its flags, those of the command line and of deno.json, in one place only: in the arguments with which
 * `fork` of `node:child_process` would start another Deno. This file replaces `spawn` for that one call, so that no process
 * starts. (tests/canary/web_worker_test.ts)
 *
 * @module
 */
import { builtin } from "../core/builtin.ts";
import { CONFIG_FILES, foldersFrom, isFile, mayRead, pathOf } from "../core/config_files.ts";
import { PermissionScopeError } from "../core/errors.ts";
import { URL } from "../core/platform.ts";
import { CHILD_PROCESS_FLAG, mayUseChildProcess } from "./child_process.ts";

const FLAG = "--unstable-worker-options";

/** The parts of `node:child_process` that this file uses; its types lack `spawn`. */
interface ChildProcessModule {
  ChildProcess: { prototype: { spawn(options: { args: string[] }): unknown } };
  fork(path: string, args: string[], options: { execPath: string; silent: true; env: Record<string, never> }): unknown;
}

let isOn: boolean | undefined;

/**
 * Checks that workers can be given permissions. The first call takes 20 to 45 ms.
 *
 * @throws {PermissionScopeError} If the feature is off, or if the script lacks the permission to find out.
 */
export function checkWorkerOptions(call: string): void {
  if (isOn) return;
  if (!mayUseChildProcess()) {
    throw new PermissionScopeError(
      `Cannot ${call}: \`permissions\` need Deno's ${FLAG}, and whether it is given cannot be found out without ` +
        `reading one variable of the environment: start the script with ${CHILD_PROCESS_FLAG}`,
      { flag: CHILD_PROCESS_FLAG },
    );
  }
  isOn = detect();
  if (isOn) return;
  throw new PermissionScopeError(
    `Cannot ${call}: \`permissions\` need Deno's unstable feature "worker-options", which is off: start the script ` +
      `with ${FLAG}, or put "unstable": ["worker-options"] into ${configFile()}`,
    { flag: FLAG },
  );
}

function detect(): boolean {
  const childProcess = builtin("node:child_process") as unknown as ChildProcessModule;
  const { prototype } = childProcess.ChildProcess;
  const { spawn } = prototype;
  let args: string[] | undefined;
  prototype.spawn = (options) => {
    args = options.args;
    throw new Error("seen");
  };
  try {
    childProcess.fork("/x", [], { execPath: "/nonexistent/deno", silent: true, env: {} });
  } catch (error) {
    if (!args) throw error;
  } finally {
    prototype.spawn = spawn;
  }
  return args?.includes(FLAG) ?? false;
}

// Deno takes the first deno.json beside a local script or above it; for any other script, beside or above the current
// directory. Where there is none, one beside the script would do.
function configFile(): string {
  const { mainModule } = Deno;
  if (!mainModule.startsWith("file:")) return "the deno.json of the current directory";
  for (const folder of foldersFrom(new URL(".", mainModule))) {
    const files = CONFIG_FILES.map((name) => new URL(name, folder));
    if (!files.every(mayRead)) return "your project's deno.json";
    const found = files.find(isFile);
    if (found) return pathOf(found);
  }
  return pathOf(new URL("deno.json", mainModule));
}
