/** Shared objects between processes, on both kinds of workers. */
import { deathsSuite } from "../contract/shared/deaths_suite.ts";
import { processEngine } from "../contract/shared/engine.ts";
import { sharedContract } from "../contract/shared/shared_contract.ts";
import { leavesNothing } from "../support/leaks.ts";

sharedContract(processEngine("processes", ["exit", "uncaught", "stay", "block", "spin"]));
// A process is a pool of one: what a scope changes is how it ends.
const scoped = processEngine("scoped processes", ["exit", "uncaught", "stay"], { permissions: "none" });
sharedContract(scoped, [deathsSuite]);

leavesNothing();
