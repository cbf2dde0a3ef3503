/**
 * What a backend's test file gives to the contract: how its pools are made, and what it declares to be able to do.
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
}

/** A group of the contract's tests; `check` registers one for the backend. */
export type Suite = (backend: Backend, check: typeof test) => void;

/** Bound for what must be quick: a throw or an exit settles within 1 s; noisy machines get 5. */
export const SETTLES = 5_000;

/** Grace given to stopped tasks in these tests, in milliseconds; a kill settles within this and {@linkcode SETTLES}. */
export const GRACE = 100;

/**
 * Registers what needs workers that stay: a scoped pool replaces its own for each module that is new to it, which
 * tests/scoped/modules_test.ts is about.
 */
export function settledWorkers({ capabilities }: Backend, check: typeof test): typeof test {
  return capabilities.engine === "web" ? () => {} : check;
}
