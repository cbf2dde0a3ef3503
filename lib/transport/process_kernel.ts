/**
 * What the kernel of Linux does for a worker process, set by a small program of util-linux that starts the runtime in its
 * place. Where it is missing or may not be run, the worker's watchdog does without it (workers/process_watchdog.ts).
 *
 * ```
 * prlimit --data=BYTES       refuses more memory: the task gets a RangeError
 * ```
 *
 * @module
 */

/** Bytes beyond twice the limit that a process may reserve: the runtime reserves 1.1 GB, and 0.5 for each worker of a task. */
const RESERVED = 4 * 2 ** 30;

/** Where the programs are. The search path of a worker may be another one than this script's. */
const FOLDERS = ["/usr/bin", "/bin"];

/** Returns the command that stands before that of the runtime. */
export function kernelPrefix(memoryLimit: number | undefined): string[] {
  const prlimit = memoryLimit !== undefined && find("prlimit");
  return prlimit ? [prlimit, `--data=${2 * memoryLimit + RESERVED}`, "--"] : [];
}

const found = new Map<string, string | undefined>();

function find(program: string): string | undefined {
  if (!found.has(program)) found.set(program, FOLDERS.map((folder) => `${folder}/${program}`).find(runs));
  return found.get(program);
}

// Never prompts: a script that may not run it goes without.
function runs(command: string): boolean {
  if (Deno.build.os !== "linux") return false;
  if (Deno.permissions.querySync({ name: "run", command }).state !== "granted") return false;
  try {
    return new Deno.Command(command, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false; // It is not installed.
  }
}
