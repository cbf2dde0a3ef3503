/**
 * What this machine has, as far as its container leaves it to this process.
 *
 * @module
 */

/** Limits of the control group (version 2) that this process runs in; what is not limited is `undefined`. */
export interface CgroupLimits {
  /** Bytes. */
  readonly memory: number | undefined;
  /** Bytes in use. */
  readonly memoryUsed: number | undefined;
  /** Cores, as a fraction. */
  readonly cores: number | undefined;
  readonly processes: number | undefined;
}

const ROOT = "/sys/fs/cgroup";

/** Reads the limits. Outside of Linux and of control groups there are none. */
export function cgroupLimits(): CgroupLimits {
  const folder = ROOT + (read("/proc/self/cgroup")?.match(/^0::(.*)$/m)?.[1] ?? "");
  // In a container, the folder of the group is often mounted as the root.
  const value = (name: string) => read(`${folder}/${name}`) ?? read(`${ROOT}/${name}`);
  const number = (text: string | undefined) => text === undefined || text === "max" ? undefined : Number(text);
  const [quota, period] = value("cpu.max")?.split(" ") ?? [];
  const time = number(quota);
  return {
    memory: number(value("memory.max")),
    memoryUsed: number(value("memory.current")),
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
