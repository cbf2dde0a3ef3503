/**
 * Tasks that end in different ways.
 *
 * @module
 */
import type { SharedEvent } from "@isopool/isopool";
import { threadId } from "node:worker_threads";
import { context } from "@isopool/isopool/worker";

/** Gives a greeting, and where the task runs. */
export function hello(name: string): { greeting: string; module: string; pid: number; thread: number } {
  return { greeting: `hello ${name}`, module: import.meta.url, pid: Deno.pid, thread: threadId };
}

/** Throws. */
export function fails(): void {
  throw new RangeError("Cannot say hello: there is no name");
}

/** Ends its worker. */
export function exits(code: number): void {
  Deno.exit(code);
}

/** Runs until its signal is aborted, then returns. */
export async function obeysSignal(started: SharedEvent): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  context.signal.addEventListener("abort", () => resolve());
  started.set();
  await promise;
}

/** Never ends, and never looks at its signal. */
export function ignoresSignal(started: SharedEvent): void {
  started.set();
  for (;;);
}
