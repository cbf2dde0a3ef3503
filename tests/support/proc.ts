/**
 * Reads from the operating system how many threads this process has, and their CPU time. A test proves a kill with these
 * figures, not with a resolved promise.
 *
 * Linux only: it reads `/proc`. Elsewhere, tests that need it are ignored (`{ ignore: !onLinux }`): macOS and Windows
 * show threads only to native code.
 *
 * @module
 */
import { pause } from "./within.ts";

/** Whether the system has `/proc`. */
export const onLinux: boolean = Deno.build.os === "linux";

/** Milliseconds per clock tick: `USER_HZ` is 100 on every Linux that Deno runs on. */
const TICK = 10;

function cpuOf(stat: string): number {
  // The name, in parentheses, may hold blanks; utime and stime are fields 14 and 15 of the line.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK;
}

/** Returns the CPU time in milliseconds, user and system, of each thread of this process, by thread id. */
export function threads(): Map<number, number> {
  const found = new Map<number, number>();
  for (const { name } of Deno.readDirSync("/proc/self/task")) {
    try {
      found.set(Number(name), cpuOf(Deno.readTextFileSync(`/proc/self/task/${name}/stat`)));
    } catch (error) {
      // A thread may end between the listing and the reading.
      if (!isGone(error)) throw error;
    }
  }
  return found;
}

/** Returns the number of threads of this process. */
export function threadCount(): number {
  return threads().size;
}

/** Returns the CPU time in milliseconds of a whole process, by default this one, ended threads included. */
export function processCpu(pid: number | "self" = "self"): number {
  return cpuOf(Deno.readTextFileSync(`/proc/${pid}/stat`));
}

/** Returns the share of one core, 0 to 1 or more, that this process used over `window` milliseconds. */
export async function load(window = 300): Promise<number> {
  const cpu = processCpu();
  const start = performance.now();
  await pause(window);
  return (processCpu() - cpu) / (performance.now() - start);
}

/** Waits until this process uses less than `share` of a core over a window; rejects after `ms`. */
export async function untilIdle({ share = 0.25, ms = 10_000 } = {}): Promise<void> {
  const end = performance.now() + ms;
  for (;;) {
    const now = await load();
    if (now < share) return;
    if (performance.now() > end) throw new Error(`The process is not idle after ${ms} ms: it uses ${now} of a core`);
  }
}

/** Returns the operating system's id of the calling thread; 0 in a worker without the permission to read it. */
export function threadId(): number {
  try {
    return Number(Deno.readLinkSync("/proc/thread-self").split("/").pop());
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return 0;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || String(error).includes("No such process");
}
