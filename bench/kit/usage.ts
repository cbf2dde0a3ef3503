/**
 * Reads the processor time and memory of a process and its children from /proc, the same source for every runtime.
 *
 * @module
 */

/** The resources that a process tree has used so far. */
export interface Usage {
  /** Milliseconds of processor time, ended children included. */
  cpu: number;
  /** Resident memory now, in MiB. */
  rss: number;
}

/** Milliseconds of a clock tick in /proc: 10 on all common Linux systems. */
const TICK = 10;

/** Gives what a process and its children have used; `undefined` where there is no /proc. */
export function usage(pid: number): Usage | undefined {
  try {
    const total = { cpu: 0, rss: 0 };
    for (const each of tree(pid)) {
      // The name, field 2, is in parentheses and may contain anything; the fields after it begin with field 3.
      const fields = Deno.readTextFileSync(`/proc/${each}/stat`).replace(/^.*\) /s, "").split(" ");
      for (const field of [14, 15, 16, 17]) total.cpu += Number(fields[field - 3]) * TICK;
      const resident = /^VmRSS:\s*(\d+)/m.exec(Deno.readTextFileSync(`/proc/${each}/status`));
      total.rss += Number(resident?.[1] ?? 0) / 1024;
    }
    return total;
  } catch {
    return undefined; // Not Linux, or a child ended meanwhile.
  }
}

function tree(pid: number): number[] {
  const found = [pid];
  for (const { name: thread } of Deno.readDirSync(`/proc/${pid}/task`)) {
    const children = Deno.readTextFileSync(`/proc/${pid}/task/${thread}/children`).trim();
    if (children !== "") { for (const child of children.split(" ")) found.push(...tree(Number(child))); }
  }
  return found;
}
