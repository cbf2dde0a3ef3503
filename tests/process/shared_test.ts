/**
 * The contract of shared objects, between instances of `Process`, each of which is a pool of one worker thread.
 * tests/shared/scoped_test.ts runs it on scoped workers.
 */
import { processEngine } from "../contract/shared/engine.ts";
import { sharedContract } from "../contract/shared/shared_contract.ts";
import { leavesNothing } from "../support/leaks.ts";

sharedContract(processEngine("processes", ["exit", "uncaught", "stay", "block", "spin"]));

leavesNothing();
