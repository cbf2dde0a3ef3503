/**
 * What a worker thread is given and denied by the runtime, as options of node's `Worker`.
 *
 * @module
 */
import type { Setup } from "./transport.ts";

/** The worker's `process.env`. */
export function environment({ env }: Setup): { env?: Record<string, string> } {
  if (env) return { env: { ...env } };
  // Copying this thread's environment would ask for it, on a terminal with a prompt.
  return Deno.permissions.querySync({ name: "env" }).state === "granted" ? {} : { env: {} };
}

/** Most memory of the worker's heap. */
export function heapLimits({ memoryLimit }: Setup): { resourceLimits?: { maxOldGenerationSizeMb: number } } {
  return memoryLimit === undefined
    ? {}
    : { resourceLimits: { maxOldGenerationSizeMb: Math.ceil(memoryLimit / 2 ** 20) } };
}

/** Whether the worker ended because it had reached that. */
export function isOutOfMemory(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === "ERR_WORKER_OUT_OF_MEMORY";
}
