/**
 * Who takes part. Each under the runtime that it is made for.
 *
 * @module
 */
import type { Contestant } from "./bench.ts";

const deno = (name: string, driver: string, variant?: string): Contestant => (
  { name, runtime: "deno", driver, ...variant && { variant } }
);
const node = (name: string, driver: string, variant?: string): Contestant => ({
  ...deno(name, driver, variant),
  runtime: "node",
});
const python = (name: string, variant: string): Contestant => ({
  name,
  runtime: "python3",
  driver: "python.py",
  variant,
});

/** This module. */
export const isopool = deno("isopool", "isopool.ts");

/** The runtime itself, by hand. */
export const bare = deno("bare thread", "bare.mjs", "single");
export const bareChunked = deno("bare thread, chunked", "bare.mjs", "chunked");
export const bareWeb = deno("bare web worker", "bare.mjs", "web");
export const bareShared = deno("bare wait/notify", "bare.mjs", "shared");
export const bareNode = node("bare thread (node)", "bare.mjs", "single");
export const handLoop = deno("hand loop", "bare.mjs", "single");

/** Pools of threads. */
export const knitting = deno("knitting", "knitting.ts");
export const nodePools: readonly Contestant[] = ["piscina", "tinypool", "workerpool", "poolifier"]
  .map((name) => node(name, `${name}.mjs`));

/** Limited concurrency. */
export const limiters: readonly Contestant[] = [
  deno("p-map", "limiters.ts", "p-map"),
  deno("p-limit", "limiters.ts", "p-limit"),
  deno("p-queue", "limiters.ts", "p-queue"),
  deno("std pooledMap", "limiters.ts", "std"),
];

export const pythonPool = python("python Pool", "pool");
export const pythonExecutor = python("python executor", "executor");
export const pythonThreads = python("python threads", "threads");
