/**
 * The backends that the conformance tests run on. Each test of another library's suite is registered once for every
 * backend where its subject exists, under the name of the backend.
 *
 * @module
 */
import { type BackendName, Pool, type PoolOptions, tasks } from "@isopool/isopool";
import { test } from "../support/within.ts";

/** A pool of any backend. */
export type AnyPool = Pool<BackendName>;

/** A backend under test. */
export interface Backend {
  readonly name: "async" | "worker" | "scoped";
  /** Whether tasks have memory of their own. */
  readonly isolated: boolean;
  /** Whether a running task can be stopped by force, whatever it does. */
  readonly stopsAll: boolean;
  make(options?: Omit<PoolOptions, "backend" | "permissions">): AnyPool;
}

/** The event loop of the test. */
export const ASYNC: Backend = {
  name: "async",
  isolated: false,
  stopsAll: false,
  make: (options) => new Pool({ ...options, backend: "async" }),
};

/** Threads. */
export const WORKER: Backend = {
  name: "worker",
  isolated: true,
  stopsAll: true,
  make: (options) => new Pool({ ...options, backend: "worker" }),
};

/** Web Workers without permissions. */
export const SCOPED: Backend = {
  name: "scoped",
  isolated: true,
  stopsAll: false,
  make: (options) => new Pool({ ...options, backend: "worker", permissions: "none" }),
};

/** Every backend. */
export const EVERY: readonly Backend[] = [ASYNC, WORKER, SCOPED];

/** The backends whose tasks run on threads of their own. */
export const ISOLATED: readonly Backend[] = [WORKER, SCOPED];

/** Registers tests for each of the backends, with its name before theirs. */
export function on(backends: readonly Backend[], register: (backend: Backend, check: typeof test) => void): void {
  for (const backend of backends) {
    register(backend, (name, body, options) => test(`${backend.name}: ${name}`, body, options));
  }
}

/** The tasks for pools. */
export const poolTasks = tasks<typeof import("./tasks/pool_tasks.ts")>(import.meta.resolve("./tasks/pool_tasks.ts"));

export { range } from "../support/range.ts";

/** The tasks for queues. */
export const channelTasks = tasks<typeof import("./tasks/channel_tasks.ts")>(
  import.meta.resolve("./tasks/channel_tasks.ts"),
);
