/** Tasks of the soak test of clusters (`cluster.ts`). A line that they write has a number (0 if the task has none) and the time. */
import { context } from "@isopool/isopool/worker";

function note(file: string, n = 0): Promise<void> {
  return Deno.writeTextFile(file, `${n} ${Date.now()}\n`, { append: true });
}

/** Waits, writes a line with its argument and the time into a file, and returns its argument. */
export async function record(file: string, n: number, ms: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  await note(file, n);
  return n;
}

/** Writes a line with the time into a file, and fails. */
export async function failing(file: string): Promise<never> {
  await note(file);
  throw new Error("as expected");
}

/** Computes for some milliseconds without a pause; writes a line into a file when it begins. */
export async function compute(file: string, ms: number): Promise<number> {
  await note(file);
  for (const end = performance.now() + ms; performance.now() < end;);
  return ms;
}

/** Writes a line into a file, and waits until its signal fires. */
export async function waitForSignal(file: string): Promise<never> {
  const { signal } = context;
  const fired = new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  await note(file);
  return await fired;
}

/** Kills the host that it runs on. */
export function killHost(): Promise<never> {
  Deno.kill(Deno.pid, "SIGKILL");
  return new Promise(() => {});
}

/** Reports `count` steps. */
export function report(count: number): number {
  for (let n = 1; n <= count; n++) context.progress(n, count);
  return count;
}
