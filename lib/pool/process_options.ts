/**
 * Checks of the options of backend `"process"`.
 *
 * @module
 */
import { builtin } from "../core/builtin.ts";
import { PermissionScopeError } from "../core/errors.ts";
import { denoPath } from "../core/runtime.ts";
import { badOption, isA, isArray, refusal, show } from "../core/validate.ts";
import type { HostSetup, HostsSetup } from "../transport/transport.ts";
import { type BackendName, cpuCount } from "./backends.ts";
import { CHILD_PROCESS_FLAG, mayUseChildProcess } from "./child_process.ts";
import type { PoolOptions } from "./options.ts";

/**
 * Checks that this script may start worker processes.
 *
 * @param command The program that starts them.
 * @throws {PermissionScopeError} If it may not run it, or lacks what `node:child_process` needs for that.
 */
export function checkMayRun(action: string, command: string = denoPath()): void {
  const run = `--allow-run=${command}`;
  const mayRun = Deno.permissions.querySync({ name: "run", command }).state === "granted";
  const maySpawn = mayUseChildProcess();
  if (mayRun && maySpawn) return;
  const flags = [...mayRun ? [] : [run], ...maySpawn ? [] : [CHILD_PROCESS_FLAG]].join(" ");
  const why = mayRun
    ? "starts processes, for which Deno's node:child_process reads one variable of the environment"
    : `runs ${command}, which this script may not do`;
  throw new PermissionScopeError(`Cannot ${action}: backend "process" ${why}: start the script with ${flags}`, {
    flag: flags,
  });
}

/** Checks the option `command`. */
export function launchPrefix(action: string, command: unknown, backend: BackendName): string[] | undefined {
  if (command === undefined) return undefined;
  if (backend !== "process") {
    throw refusal(
      `Cannot ${action}: \`command\` starts processes, which backend ${show(backend)} does not: leave it out, or use ` +
        'backend "process"',
    );
  }
  const isValid = isArray(command) && command.length > 0 && command[0] !== "" &&
    command.every((part) => typeof part === "string" && !part.includes("\0"));
  if (!isValid) throw badOption(action, "command", command, "a list of a program and its arguments", false);
  return [...command];
}

/** Checks the options `hosts` and `ssh`. */
export function hostsOf(action: string, options: PoolOptions, backend: BackendName): HostsSetup | undefined {
  const { hosts: given, ssh = [], workers = Infinity } = options;
  if (!isArray(ssh) || !ssh.every((part) => typeof part === "string" && part !== "")) {
    throw badOption(action, "ssh", ssh, "a list of arguments", false);
  }
  if (given === undefined) {
    if (ssh.length > 0) throw refusal(`Cannot ${action}: \`ssh\` is for \`hosts\`: give them, or leave it out`);
    return undefined;
  }
  if (backend !== "process") {
    throw refusal(
      `Cannot ${action}: \`hosts\` run processes, which backend ${show(backend)} does not: leave them out, or use ` +
        'backend "process"',
    );
  }
  if (!isArray(given) || given.length === 0) {
    throw badOption(action, "hosts", given, 'a list of "host" and "number/host"', false);
  }
  const hosts = given.map((each) => hostOf(action, each));
  const first = hosts.reduce((sum, { name, workers }) => sum + (workers ?? (name === undefined ? cpuCount() : 1)), 0);
  return { hosts, ssh: [...ssh], max: workers, first: Math.min(first, workers) };
}

function hostOf(action: string, given: unknown): HostSetup {
  // What begins with a hyphen would be an option of ssh.
  const [, count, name] = typeof given === "string"
    ? /^(?:([1-9]\d*)\/)?((?:ssh:\/\/)?[^-\s/][^\s/]*)$/.exec(given) ?? []
    : [];
  if (name === undefined) throw badOption(action, "hosts", given, '"host", "user@host" or "number/host"', false);
  const isHere = name === ":" || name === "localhost";
  return { name: isHere ? undefined : name, workers: count === undefined ? undefined : Number(count) };
}

/** Checks the option `cwd`. */
export function workingDirectory(action: string, cwd: unknown, backend: BackendName): string | undefined {
  if (cwd === undefined) return undefined;
  if (backend !== "process") {
    throw refusal(
      `Cannot ${action}: \`cwd\` needs workers with a working directory of their own, not ${
        show(backend)
      }: leave it out, ` +
        'or use backend "process"',
    );
  }
  if (isA(cwd, URL) && cwd.protocol === "file:") {
    return builtin("node:url").fileURLToPath(cwd);
  }
  if (typeof cwd === "string" && cwd !== "") return cwd;
  throw badOption(action, "cwd", cwd, "a path or a file: URL", false);
}
