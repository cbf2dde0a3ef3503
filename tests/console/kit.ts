/**
 * Long numbered lines, and checks that no line was torn.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { literal } from "../support/run_slowly.ts";

/** Beginning of a script: a task that prints lines, alternating between both streams. */
export const HEAD = `
import { inline, Pool } from ${literal("mod.ts")};
const print = inline((task: number, lines: number, size: number) => {
  const fill = String(task % 10).repeat(size);
  for (let n = 0; n < lines; n++) {
    console.log("<out " + task + " " + n + " " + fill + ">");
    console.error("<err " + task + " " + n + " " + fill + ">");
  }
});
`;

/** One line that a task printed. */
export interface Line {
  stream: "out" | "err";
  task: number;
  n: number;
  /** Number of the line in the whole output. */
  at: number;
}

/** Returns the whole lines, and the rest of the output. */
export function read(text: string, size: number): { lines: Line[]; rest: { text: string; at: number }[] } {
  const lines: Line[] = [], rest: { text: string; at: number }[] = [];
  for (const [at, each] of text.trimEnd().split("\n").entries()) {
    const found = /^<(out|err) (\d+) (\d+) (\d)\4*>$/.exec(each);
    if (found && each.length === found[0].indexOf(" ", 5) + found[3].length + size + 3) {
      lines.push({ stream: found[1] as "out" | "err", task: Number(found[2]), n: Number(found[3]), at });
    } else rest.push({ text: each.length > 120 ? `${each.slice(0, 60)} … ${each.slice(-60)}` : each, at });
  }
  return { lines, rest };
}

/** Asserts that the lines of each task are complete and in order, from 0 on, on each stream. */
export function assertOrder(lines: Line[], count?: number): void {
  const next = new Map<string, number>();
  for (const { stream, task, n } of lines) {
    const key = `${stream} ${task}`;
    assertEquals(n, next.get(key) ?? 0, `next line of ${key}`);
    next.set(key, n + 1);
  }
  if (count !== undefined) { for (const [key, n] of next) assertEquals(n, count, `lines of ${key}`); }
}
