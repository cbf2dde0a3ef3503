/**
 * `Backend`: what a backend's test file passes to the contract suites, which is how its pools are made, and its declared
 * capabilities.
 *
 * @module
 */
import type { BackendName, Capabilities, Pool, PoolOptions } from "@isopool/isopool";
import type { test } from "../support/within.ts";

/** A pool of any backend. */
export type AnyPool = Pool<BackendName>;

/** A backend under test. */
export interface Backend {
  name: BackendName;
  make(options?: Omit<PoolOptions, "backend">): AnyPool;
  capabilities: Capabilities;
  /** Whether it is a further engine: suites about the pool's own side, which engines share, run on it in long runs only. */
  isFurther?: boolean;
  /** Tests that it cannot pass, by their titles, and why. */
  lacks?: readonly (readonly [titles: RegExp, reason: string])[];
}

/** A group of the contract's tests; `check` registers one for the backend. */
export type Suite = (backend: Backend, check: typeof test) => void;

/** The ways to end a pool that finish what was submitted. */
export const DRAINS: [string, (pool: AnyPool) => Promise<void>][] = [
  ["shutdown()", (pool) => pool.shutdown()],
  ["close() and join()", (pool) => (pool.close(), pool.join())],
  ["the end of the pool's block", (pool) => pool[Symbol.asyncDispose]()],
];

/** Bound of a settlement that must be quick, in milliseconds: a throw or an exit takes 1 s; noisy machines get 5. */
export const SETTLES = 5_000;

/** Grace given to stopped tasks in these tests, in milliseconds; a kill settles within this and {@linkcode SETTLES}. */
export const GRACE = 100;

/**
 * Registers a test whose workers must stay the same. A scoped pool replaces its workers for each module that is new to it
 * (tests/scoped/modules_test.ts), so the test is left out there.
 */
export function settledWorkers({ capabilities }: Backend, check: typeof test): typeof test {
  return capabilities.engine === "web" ? () => {} : check;
}

/**
 * The size of a test with many calls: a 25th on a process, a 250th on a cluster. On a process each call is a message of its
 * own, which it gets when it has answered the one before, and takes five to ten times as long as a call in shared memory. In
 * a cluster each call is a job in Redis.
 */
export function sized({ capabilities }: Backend, size: number): number {
  if (capabilities.engine === "cluster") return size / 250;
  return capabilities.sharedMemory ? size : size / 25;
}

/** The size of a test whose calls processes take as quickly as threads do: a 25th on a cluster. */
export function fewer({ capabilities }: Backend, size: number): number {
  return capabilities.engine === "cluster" ? size / 25 : size;
}

/** Whether a worker is sent calls before it can run them. A process is not, because nothing could take them back. */
export function sendsAhead({ capabilities }: Backend): boolean {
  return capabilities.isolated && capabilities.sharedMemory;
}
