/**
 * Shared objects between processes. A process is a pool of one: how a scoped one ends is tested with scoped pools
 * (tests/shared/scoped_test.ts).
 */
import { processEngine } from "../contract/shared/engine.ts";
import { sharedContract } from "../contract/shared/shared_contract.ts";
import { leavesNothing } from "../support/leaks.ts";

sharedContract(processEngine("processes", ["exit", "uncaught", "stay", "block", "spin"]));

leavesNothing();
