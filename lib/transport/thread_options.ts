/**
 * The environment and the memory limit of a worker thread, as options of node's `Worker`.
 *
 * @module
 */
import type { Setup } from "./transport.ts";

/** Returns the option for the worker's `process.env`. */
export function environment({ env }: Setup): { env?: Record<string, string> } {
  if (env) return { env: { ...env } };
  // Without the permission, copying this thread's environment would show a prompt on a terminal.
  return Deno.permissions.querySync({ name: "env" }).state === "granted" ? {} : { env: {} };
}

/** Returns the option for the maximum heap of the worker. */
export function heapLimits({ memoryLimit }: Setup): { resourceLimits?: { maxOldGenerationSizeMb: number } } {
  return memoryLimit === undefined
    ? {}
    : { resourceLimits: { maxOldGenerationSizeMb: Math.ceil(memoryLimit / 2 ** 20) } };
}

/** Whether the worker ended because it reached its maximum heap. */
export function isOutOfMemory(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === "ERR_WORKER_OUT_OF_MEMORY";
}
