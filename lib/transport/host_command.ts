/**
 * Command lines for other hosts: `ssh` runs one text there, by the user's shell.
 *
 * @module
 */
import { JSON } from "../core/platform.ts";
import { PROCESS_CODE, processEntry } from "./entry.ts";
import { keepFolder } from "./host_keeper.ts";
import { findRuntime, shellArguments } from "./launch_prefix.ts";
import { urlIn } from "./module_files.ts";
import { mayRead, permissionFlags } from "./permission_flags.ts";
import { heapFlags, type ProcessCommand, scriptEnvironment } from "./process_command.ts";
import type { Setup } from "./transport.ts";

/** A host that `ssh` reaches. */
export interface RemoteHost {
  /** What `ssh` takes: `name`, `user@name`. */
  readonly name: string;
  /** Arguments of `ssh`. */
  readonly ssh: readonly string[];
}

/** Exit code of `ssh` when the connection fails or ends. */
export const SSH_FAILED = 255;
/** Exit code of a shell that has found no runtime. */
export const NO_RUNTIME = 127;

/**
 * Options of `ssh`. It never asks the user anything, sees within 15 s that a host is gone, and takes the first value of
 * an option, so those that the caller gives come first.
 */
const OPTIONS = ["BatchMode=yes", "ConnectTimeout=10", "ServerAliveInterval=5", "ServerAliveCountMax=3"];

/** Flags of a runtime that has nothing of this script's configuration. */
const RUN = ["run", "--quiet", "--no-prompt", "--no-config", "--no-lock"];

function over({ name, ssh }: RemoteHost, command: readonly string[]): ProcessCommand {
  const options = OPTIONS.flatMap((option) => ["-o", option]);
  const args = [...ssh, "-T", ...options, "--", name, `exec ${command.map(quote).join(" ")}`];
  return { program: "ssh", args, env: scriptEnvironment(), cwd: undefined, isLaunched: true, isWatched: false };
}

/** Returns the command that keeps a folder of modules on a host. */
export function keeperCommand(host: RemoteHost, folder: string): ProcessCommand {
  const code = `data:text/javascript,${encodeURIComponent(`(${keepFolder})(${JSON.stringify(folder)});`)}`;
  const script = [...findRuntime(), `exec "$deno" "$@"`].join("\n");
  return over(host, ["sh", "-c", script, "isopool", "deno", ...RUN, "--allow-all", code]);
}

/** Returns the command that starts a worker on a host which has the modules in a folder. */
export function remoteCommand(host: RemoteHost, folder: string, setup: Setup): ProcessCommand {
  const modules = setup.permissions ? setup.modules() : [];
  const entry = processEntry(
    modules.map((url) => urlIn(folder, url)),
    { isLaunched: true, mayRead: mayRead(setup), code: urlIn(folder, PROCESS_CODE) },
  );
  const args = [...RUN, ...permissionFlags(setup.permissions, modules), ...heapFlags(setup), entry.href];
  // Nothing of the environment there but what the runtime needs, which the worker removes.
  const shell = shellArguments("deno", args, `-i HOME="$HOME"`, setup.cwd);
  return over(host, [...setup.command ?? [], "sh", ...shell]);
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
