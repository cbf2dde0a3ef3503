/**
 * The modules of the package that keep a file of their own when it is built, and how the others are put together.
 *
 * @module
 */

/** Modules that are not public, and that something names by their URL: `ownModule()` of lib/core/own_modules.ts. */
export const OWN_MODULES: readonly string[] = [
  "workers/thread.ts",
  "workers/web.ts",
  "workers/process.ts",
  "lib/remote/arrivals.ts",
  "lib/manager/kinds.ts",
  "lib/cli/worker_console.ts",
];

/**
 * What a file of the package contains: the modules that all of one of the first lists import, and those that any other
 * imports, each with what it imports itself. A module is in the first file that has it.
 */
export interface Chunk {
  readonly name: string;
  readonly all?: readonly (readonly string[])[];
  readonly any?: readonly string[];
}

/**
 * The files, in an order in which each imports earlier ones only. A worker loads the first three at most, and
 * a program that uses the queues alone loads no pool. Fewer files load faster (each costs 0.1 to 0.2 ms), and a bundler
 * that leaves this choice to the entries makes sixty of them.
 */
export const CHUNKS: readonly Chunk[] = [
  {
    name: "common",
    all: [["workers/thread.ts", "workers/process.ts"]],
    // Workers load it later, and must not load the pool with it.
    any: ["workers/call_tracer.ts"],
  },
  { name: "thread", any: ["workers/thread.ts", "workers/web.ts"] },
  { name: "process", all: [["workers/process.ts", "lib/transport/process_workers.ts"]] },
  {
    name: "core",
    // lib/pool/telemetry.ts awaits the second one at its top level, so that one must not import the file of the first.
    all: [["lib/trace.ts", "mod.ts"], ["lib/observe/telemetry.ts", "mod.ts"]],
  },
  { name: "shared", any: ["lib/shared.ts"] },
  { name: "pooled", any: ["lib/pooled.ts"] },
  { name: "queue", any: ["lib/queue.ts"] },
  { name: "manager", any: ["lib/manager.ts", "lib/manager/kinds.ts", "lib/remote/arrivals.ts"] },
  { name: "pool", any: ["mod.ts"] },
];
