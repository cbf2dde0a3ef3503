/**
 * Registers the tests that shared objects must pass on each kind of isolate (their contract).
 *
 * @module
 */
import { test } from "../../support/within.ts";
import { deathsSuite } from "./deaths_suite.ts";
import type { Engine, SharedSuite } from "./engine.ts";
import { locksSuite } from "./locks_suite.ts";
import { waitsSuite } from "./waits_suite.ts";
import { numbersSuite } from "./numbers_suite.ts";
import { returnsSuite } from "./returns_suite.ts";

const SUITES: SharedSuite[] = [numbersSuite, locksSuite, waitsSuite, deathsSuite, returnsSuite];

/** Registers the contract, or some of its suites, for an engine. */
export function sharedContract(engine: Engine, suites: SharedSuite[] = SUITES): void {
  const check: typeof test = (name, body, options) => test(`${engine.name}: ${name}`, body, options);
  for (const suite of suites) suite(engine, check);
}
