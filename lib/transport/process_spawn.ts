/**
 * Starts the process of a worker with its streams and descriptors (process_child.ts lists them).
 *
 * @module
 */
import type { ChildProcess } from "node:child_process";
import { builtin } from "../core/builtin.ts";
import { isGranted } from "../core/runtime.ts";
import type { ProcessCommand } from "./process_command.ts";

/** Whether a process inherits more than its streams. */
const HAS_DESCRIPTORS = Deno.build.os !== "windows";

/** Free descriptors that a start takes for a moment, 14, and some that other threads may take meanwhile. */
const NEEDED = 18;

/**
 * Starts a process.
 *
 * @throws If the runtime refuses at once, or too few descriptors are left.
 */
export function spawnProcess(command: ProcessCommand): ChildProcess {
  const { program, args, env, cwd, connection } = command;
  try {
    checkDescriptors();
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

// For want of descriptors, the runtime would fail, too, and leave those open for ever that it had made by then.
function checkDescriptors(): void {
  const path = "/dev/null";
  if (!HAS_DESCRIPTORS || !isGranted({ name: "read", path })) return;
  const opened: Deno.FsFile[] = [];
  try {
    while (opened.length < NEEDED) opened.push(Deno.openSync(path));
  } finally {
    for (const file of opened) file.close();
  }
}

function stdioOf({ isLaunched, isWatched, connection }: ProcessCommand): ("pipe" | "ignore")[] {
  const streams = ["pipe", "pipe", "pipe"] as const;
  if (isLaunched || (connection && !HAS_DESCRIPTORS)) return [...streams];
  return [...streams, connection ? "ignore" : "pipe", "pipe", "pipe", ...isWatched ? ["pipe"] as const : []];
}
