/**
 * How much memory, how many cores and how many processes this process may use: what the machine has, and the limits of the
 * container.
 *
 * @module
 */

/**
 * Limits of the control group (version 2) that this process runs in; what is not limited is `undefined`. Limits of the
 * groups above it are not read: container runtimes set those of the group itself.
 */
export interface CgroupLimits {
  /** Bytes. */
  readonly memory: number | undefined;
  /** Bytes in use, without the part of the page cache that the kernel takes back first. */
  readonly memoryUsed: number | undefined;
  /** Cores, as a fraction. */
  readonly cores: number | undefined;
  readonly processes: number | undefined;
}

const ROOT = "/sys/fs/cgroup";

/**
 * Reads the limits. Outside of Linux and of control groups there are none.
 *
 * @param root Where the control groups are mounted.
 */
export function cgroupLimits(root: string = ROOT): CgroupLimits {
  const folder = root + (read("/proc/self/cgroup")?.match(/^0::(.*)$/m)?.[1] ?? "");
  // In a container, the folder of the group is often mounted as the root.
  const value = (name: string) => read(`${folder}/${name}`) ?? read(`${root}/${name}`);
  const number = (text: string | undefined) => text === undefined || text === "max" ? undefined : Number(text);
  const [quota, period] = value("cpu.max")?.split(" ") ?? [];
  const time = number(quota);
  const used = number(value("memory.current"));
  const cache = Number(value("memory.stat")?.match(/^inactive_file (\d+)$/m)?.[1] ?? 0);
  return {
    memory: number(value("memory.max")),
    memoryUsed: used === undefined ? undefined : used - cache,
    cores: time === undefined ? undefined : time / Number(period),
    processes: number(value("pids.max")),
  };
}

/** Bytes of memory that this process may still take. */
export function freeMemory(): number {
  const { available } = Deno.systemMemoryInfo();
  const { memory, memoryUsed = 0 } = cgroupLimits();
  return memory === undefined ? available : Math.min(available, memory - memoryUsed);
}

function read(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path).trim();
  } catch {
    return undefined; // another system, or no such limit
  }
}
