/**
 * The worker processes of this script, as the system lists them.
 *
 * @module
 */
import { tasks } from "@isopool/isopool";

/** The tasks of these tests. */
export const own = tasks<typeof import("./tasks.ts")>(import.meta.resolve("./tasks.ts"));

/** Returns the ids of the processes that a process has started and that live. */
export function childrenOf(pid: number): number[] {
  const found: number[] = [];
  for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
    try {
      const text = Deno.readTextFileSync(`/proc/${pid}/task/${name}/children`);
      found.push(...text.split(" ").filter((id) => id !== "").map(Number));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return found;
}

/** Returns the ids of the processes that a process, its children, and so on, have started. */
export function descendantsOf(pid: number): number[] {
  const children = lives(pid) ? childrenOf(pid) : [];
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

/** Whether a process lives; one that has ended and was not waited for does not. */
export function lives(pid: number): boolean {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return !["Z", "X"].includes(stat.slice(stat.lastIndexOf(")") + 2)[0]);
  } catch {
    return false;
  }
}

/** Returns what this process has open: pipes, sockets, files, with how many of each. */
export function openDescriptors(): number {
  return [...Deno.readDirSync("/proc/self/fd")].length;
}
