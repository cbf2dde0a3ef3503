/**
 * Each of these ends in another way.
 *
 * @module
 */
import type { SharedEvent } from "@isopool/isopool";
import { threadId } from "node:worker_threads";
import { context } from "@isopool/isopool/worker";

/** Says who it is. */
export function hello(name: string): { greeting: string; module: string; pid: number; thread: number } {
  return { greeting: `hello ${name}`, module: import.meta.url, pid: Deno.pid, thread: threadId };
}

/** Throws. */
export function fails(): void {
  throw new RangeError("Cannot say hello: there is no name");
}

/** Ends its worker by itself. */
export function exits(code: number): void {
  Deno.exit(code);
}

/** Listens to whoever wants it to end. */
export async function polite(started: SharedEvent): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  context.signal.addEventListener("abort", () => resolve());
  started.set();
  await promise;
}

/** Listens to nobody. */
export function deaf(started: SharedEvent): void {
  started.set();
  for (;;);
}
