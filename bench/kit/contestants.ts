/**
 * The contestants. Each runs under the runtime that it is made for.
 *
 * @module
 */
import type { Contestant } from "./bench.ts";

const deno = (name: string, driver: string, variant = ""): Contestant => ({ name, runtime: "deno", driver, variant });
const own = (name: string, driver: string, variant = ""): Contestant => ({ ...deno(name, driver, variant), own: true });
const denoPeer = (name: string, driver: string, variant = ""): Contestant => ({
  ...deno(name, driver, variant),
  peer: true,
});
const node = (name: string, driver: string, variant = ""): Contestant => ({
  ...denoPeer(name, driver, variant),
  runtime: "node",
});
const python = (name: string, driver: string, variant = ""): Contestant => ({
  ...denoPeer(name, driver, variant),
  runtime: "python3",
});

/** The same contestant with a parameter for its workload. */
export const having = (contestant: Contestant, what: string, parameter: string | number): Contestant => (
  { ...contestant, name: `${contestant.name}, ${what}`, parameter: String(parameter) }
);

/** This module. */
export const isopool = own("isopool", "isopool.ts");
export const isopoolShared = own("isopool", "isopool_shared.ts");
export const isopoolAsync = own("isopool, awaited", "isopool_shared.ts", "async");
export const isopoolUsing = own("isopool, using", "isopool_shared.ts", "using");
export const isopoolPooled = own("isopool", "isopool_pooled.ts");
export const isopoolHandles = own("isopool", "isopool_handles.ts");

export const isopoolProcess = own("isopool", "isopool.ts", "process");

/** Processes without a library. */
export const unixSocket = deno("bare unix socket", "processes.mjs", "unix");
export const fork = node("fork, advanced (node)", "processes.mjs", "fork");

/** A worker host over Redis, and the engine that it uses, by hand. */
export const isopoolCluster = own("isopool", "cluster.ts", "isopool");
export const bullmq = deno("BullMQ by hand", "cluster.ts", "bullmq");
export const bullmqThreads = deno("BullMQ, threads", "cluster.ts", "bullmqThreads");

/** Code for the bare runtime, written by hand. */
export const bare = deno("bare thread", "bare.mjs", "single");
export const bareChunked = deno("bare thread, chunked", "bare.mjs", "chunked");
export const bareWeb = deno("bare web worker", "bare.mjs", "web");
export const bareWait = deno("bare wait/notify", "bare.mjs", "shared");
export const bareNode = node("bare thread (node)", "bare.mjs", "single");
export const handLoop = deno("hand loop", "bare.mjs", "single");
export const atomics = deno("bare Atomics", "bare_shared.mjs");
export const port = deno("bare port", "bare_shared.mjs", "1");
export const portChunked = deno("bare port, chunked", "bare_shared.mjs", "100");
export const portNode = node("bare port (node)", "bare_shared.mjs", "1");

/** Pools of threads, and comlink, which comes close to one. */
export const knitting: Contestant = { ...denoPeer("knitting", "knitting.ts"), burnsIdle: true };
export const comlink = denoPeer("comlink", "comlink.mjs");
export const nodePools: readonly Contestant[] = ["piscina", "tinypool", "workerpool", "poolifier", "threads"]
  .map((name) => node(name, `${name}.mjs`));
/** The pools whose tasks can move their results. */
export const returning = nodePools.filter(({ name }) => ["piscina", "tinypool", "workerpool"].includes(name));
export const peerPools: readonly Contestant[] = [knitting, comlink, ...nodePools];

/** Libraries for limited concurrency. */
export const limiters: readonly Contestant[] = [
  denoPeer("p-map", "limiters.ts", "p-map"),
  denoPeer("p-limit", "limiters.ts", "p-limit"),
  denoPeer("p-queue", "limiters.ts", "p-queue"),
  denoPeer("std pooledMap", "limiters.ts", "std"),
];

export const pythonPool = python("python Pool", "python.py", "pool");
export const pythonExecutor = python("python executor", "python.py", "executor");
/** Starts its processes afresh, and not as copies of the running one. */
export const pythonSpawn = python("python, spawn", "python.py", "spawn");
export const pythonThreads = python("python threads", "python.py", "threads");
export const pythons: readonly Contestant[] = [pythonPool, pythonExecutor];
export const pythonShared = python("python", "python_shared.py");
export const pythonQueue = python("python Queue", "python_shared.py", "Queue");
export const pythonSimpleQueue = python("python SimpleQueue", "python_shared.py", "SimpleQueue");

/** Modules, for the `load` benchmark. */
export const modules: readonly Contestant[] = [
  own("isopool", "load.mjs", "../../mod.ts"),
  own("isopool/pooled", "load.mjs", "../../lib/pooled.ts"),
  deno("bare node:worker_threads", "load.mjs", "node:worker_threads"),
  denoPeer("comlink", "load.mjs", "npm:comlink@4.4.2"),
  denoPeer("p-map", "load.mjs", "npm:p-map@7.1.1"),
  denoPeer("p-queue", "load.mjs", "npm:p-queue@10.0.0"),
  ...["piscina", "tinypool", "workerpool", "poolifier", "threads"].map((name) => node(name, "load.mjs", name)),
  python("python multiprocessing", "python_load.py", "multiprocessing.pool"),
  python("python concurrent.futures", "python_load.py", "concurrent.futures.process"),
];
