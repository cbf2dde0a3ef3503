/**
 * Ends a worker process with this script, also when the script is killed: a shell in the process group of the worker reads a
 * pipe into which nothing is ever written, and kills the group when the pipe ends.
 *
 * ```
 * sh -c SCRIPT       forks the shell that watches, and is then replaced by the runtime: the id of the process stays
 *   sh               reads fd 6; its end: kill -KILL the group
 *   deno run ...     has no fd 6
 * ```
 *
 * The shell needs a millisecond, where a thread of the worker takes as long to start as the worker itself. It reaches a
 * worker that spins or stands still (SIGSTOP), and what it has started. Where it may not be run, there is such a thread
 * (workers/process_watchdog.ts).
 *
 * @module
 */
import { SHELL } from "./process_cache.ts";

/** The descriptor of the pipe. */
const WATCHED_FD = 6;

/**
 * Returns lines of a shell script that start the watching shell.
 *
 * @param channel The descriptors of the worker's channel.
 */
export function watch(channel: readonly number[]): string {
  const others = [1, 2, ...channel].map((fd) => `${fd}>&-`).join(" ");
  return [
    `{ while read -r _; do :; done; kill -KILL 0; } <&${WATCHED_FD} ${WATCHED_FD}<&- ${others} &`,
    // The runtime would take any descriptor that gets the number for one that its tasks may use.
    `export DENO_EXTRA_STDIO_FDS=${channel}`,
  ].join("\n");
}

/** The end of a line that runs the runtime, which is the shell's `$0`. */
export const RUN = `"$0" "$@" ${WATCHED_FD}<&-`;

/** Whether this script may run the shell. Shows no prompt. */
export function mayWatch(): boolean {
  // A compiled program finds its runtime on the search path, which the worker may not have.
  return Deno.build.os !== "windows" && !Deno.build.standalone &&
    Deno.permissions.querySync({ name: "run", command: SHELL }).state === "granted";
}
