/** Tasks of the cluster's tests. */

/** Writes a line with its argument into a file, after `ms` milliseconds, and returns it. */
export async function record(file: string, n: number, ms: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  await Deno.writeTextFile(file, `${n}\n`, { append: true });
  return n;
}

/** Tells that it runs, by a file, and never ends. */
export async function spin(file: string): Promise<never> {
  await Deno.writeTextFile(file, `${Deno.pid}`);
  while (true);
}

/** Tells that it runs, by a file, and waits until its signal fires. */
export async function waitForSignal(file: string): Promise<never> {
  const { context } = await import("@isopool/isopool/worker");
  const { signal } = context;
  signal.throwIfAborted();
  const fired = new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  await Deno.writeTextFile(file, "");
  return await fired;
}

/** Ends its worker. */
export function die(): never {
  Deno.exit(3);
}

export const double = (n: number): number => 2 * n;

/** Runs for some seconds, without a pause. */
export function busy(ms: number): number {
  const end = performance.now() + ms;
  while (performance.now() < end);
  return ms;
}

/** Writes a line with its argument and the time into a file; fails if it is asked to. */
export async function note(file: string, n: number, fails = false): Promise<number> {
  await Deno.writeTextFile(file, `${n} ${Date.now()}\n`, { append: true });
  if (fails) throw new Error("as asked");
  return n;
}

/** Reports `count` steps of progress. */
export async function report(count: number): Promise<number> {
  const { context } = await import("@isopool/isopool/worker");
  for (let n = 1; n <= count; n++) context.progress(n, count);
  return count;
}

/** Returns `n`; before, does what it is asked to. */
export async function step(n: number, does: "nothing" | "note" | "die" | "wait", file = ""): Promise<number> {
  if (does === "die") Deno.exit(3);
  if (does === "note" || does === "wait") await Deno.writeTextFile(file, `${n}\n`, { append: true });
  // Until a file is there.
  while (does === "wait" && !await Deno.stat(`${file}.open`).catch(() => undefined)) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return n;
}
