/**
 * The modules of the package that keep a file of their own when it is built, and how the others are put together.
 *
 * @module
 */

/** Modules that are not public, and that are started or imported by their URL: `ownModule()` of lib/core/own_modules.ts. */
export const OWN_MODULES: readonly string[] = [
  "workers/thread.ts",
  "workers/web.ts",
  "workers/process.ts",
  "lib/remote/arrivals.ts",
  "lib/manager/kinds.ts",
  "lib/cli/worker_console.ts",
];

/**
 * What a file of the package contains. `all`: for each list, the modules that every one of its members imports, statically
 * and with what those import. `any`: the members, and all that they import. The file has both, but not what a file before it
 * has.
 */
export interface Chunk {
  readonly name: string;
  readonly all?: readonly (readonly string[])[];
  readonly any?: readonly string[];
}

/**
 * The files, in an order in which each imports earlier ones only. A worker loads its own file and two of the first three, and
 * a program that uses the queues alone loads no pool. Fewer files load faster (each costs 0.1 to 0.2 ms), and a bundler
 * that leaves this choice to the entries makes sixty of them.
 */
export const CHUNKS: readonly Chunk[] = [
  {
    name: "common",
    all: [["workers/thread.ts", "workers/process.ts"]],
    // Workers import it dynamically, when a call is traced, and must not load the pool with it.
    any: ["workers/call_tracer.ts"],
  },
  { name: "thread", any: ["workers/thread.ts", "workers/web.ts"] },
  { name: "process", all: [["workers/process.ts", "lib/transport/process_workers.ts"]] },
  {
    name: "core",
    // lib/pool/telemetry.ts awaits an import() of lib/observe/telemetry.ts at its top level. If that imported the file in which
    // lib/pool/telemetry.ts is, both would wait for ever.
    all: [["lib/trace.ts", "mod.ts"], ["lib/observe/telemetry.ts", "mod.ts"]],
  },
  { name: "shared", any: ["lib/shared.ts"] },
  { name: "pooled", any: ["lib/pooled.ts"] },
  { name: "queue", any: ["lib/queue.ts"] },
  { name: "manager", any: ["lib/manager.ts", "lib/manager/kinds.ts", "lib/remote/arrivals.ts"] },
  { name: "pool", any: ["mod.ts"] },
];
