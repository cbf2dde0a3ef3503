/** Shared objects between processes, on both kinds of workers. */
import { processEngine } from "../contract/shared/engine.ts";
import { sharedContract } from "../contract/shared/shared_contract.ts";
import { leavesNothing } from "../support/leaks.ts";

sharedContract(processEngine("processes", ["exit", "uncaught", "stay", "block", "spin"]));
sharedContract(processEngine("scoped processes", ["exit", "uncaught", "stay"], { permissions: "none" }));

leavesNothing();
