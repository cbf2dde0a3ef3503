/** The task of processes.ts. */

/** Appends a line to a file when it starts, works for 2 ms, and returns its number. */
export function mark(file: string, id: number): number {
  Deno.writeTextFileSync(file, `${id}\n`, { append: true });
  for (const end = performance.now() + 2; performance.now() < end;);
  return id;
}
