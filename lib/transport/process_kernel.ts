/**
 * What the kernel of Linux does for a worker process, set by two small programs of util-linux that start the runtime in
 * their place. Where they are missing or may not be run, the worker's watchdog does without them
 * (workers/process_watchdog.ts).
 *
 * ```
 * setpriv --pdeathsig KILL   ends it with the thread that started it, even while it stands still (SIGSTOP), if it may run nothing
 * prlimit --data=BYTES       refuses more memory: the task gets a RangeError
 * ```
 *
 * @module
 */

/** Bytes beyond twice the limit that a process may reserve: the runtime reserves 1.1 GB, and 0.5 for each worker of a task. */
const RESERVED = 4 * 2 ** 30;

/** Where the programs are. The search path of a worker may be another one than this script's. */
const FOLDERS = ["/usr/bin", "/bin"];

/**
 * Returns the command that stands before that of the runtime.
 *
 * @param isAlone Whether the worker can have started nothing. Otherwise its end is the watchdog's job: the signal would end
 * the leader of the process group before the watchdog can end the group.
 */
export function kernelPrefix(memoryLimit: number | undefined, isAlone: boolean): string[] {
  const prefix: string[] = [];
  const setpriv = isAlone && find("setpriv");
  if (setpriv) prefix.push(setpriv, "--pdeathsig", "KILL", "--");
  const prlimit = memoryLimit !== undefined && find("prlimit");
  if (prlimit) prefix.push(prlimit, `--data=${2 * memoryLimit + RESERVED}`, "--");
  return prefix;
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
