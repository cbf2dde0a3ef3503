/**
 * Starts the process of a worker with its streams and descriptors (process_child.ts lists them).
 *
 * @module
 */
import type { ChildProcess } from "node:child_process";
import { builtin } from "../core/builtin.ts";
import type { ProcessCommand } from "./process_command.ts";

/** Whether a process inherits more than its streams. */
const HAS_DESCRIPTORS = Deno.build.os !== "windows";

/**
 * Starts a process.
 *
 * @throws If the runtime refuses at once.
 */
export function spawnProcess(command: ProcessCommand): ChildProcess {
  const { program, args, env, cwd, connection } = command;
  try {
    return builtin("node:child_process").spawn(program, args, {
      stdio: stdioOf(command),
      // A session of its own: ^C at the terminal and signals to this group do not reach it, and it can be killed whole.
      detached: true,
      env,
      ...cwd !== undefined && { cwd },
    });
  } catch (error) {
    connection?.close();
    connection?.file?.close();
    throw error;
  }
}

function stdioOf({ isLaunched, isWatched, connection }: ProcessCommand): ("pipe" | "ignore")[] {
  const streams = ["pipe", "pipe", "pipe"] as const;
  if (isLaunched || (connection && !HAS_DESCRIPTORS)) return [...streams];
  return [...streams, connection ? "ignore" : "pipe", "pipe", "pipe", ...isWatched ? ["pipe"] as const : []];
}
