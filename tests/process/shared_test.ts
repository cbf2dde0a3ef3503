/**
 * Shared objects between processes. A process is a pool of one worker; tests/shared/scoped_test.ts tests the ends of scoped
 * workers.
 */
import { processEngine } from "../contract/shared/engine.ts";
import { sharedContract } from "../contract/shared/shared_contract.ts";
import { leavesNothing } from "../support/leaks.ts";

sharedContract(processEngine("processes", ["exit", "uncaught", "stay", "block", "spin"]));

leavesNothing();
