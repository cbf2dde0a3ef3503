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
      `with ${FLAG}, or put "unstable": ["worker-options"] into ${folder()}deno.json`,
    { flag: FLAG },
  );
}

function detect(): boolean {
  // Taken from the global, and only here: importing node:process would add 10 ms to the start of every script.
  // deno-lint-ignore no-process-global
  const childProcess = process.getBuiltinModule("node:child_process") as unknown as ChildProcessModule;
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

// Deno looks for deno.json beside a local script and above it, and for any other script in the current directory.
function folder(): string {
  const { mainModule } = Deno;
  if (mainModule.startsWith("file:")) return decodeURIComponent(new URL(".", mainModule).pathname);
  return `${Deno.cwd().replaceAll("\\", "/")}/`;
}
