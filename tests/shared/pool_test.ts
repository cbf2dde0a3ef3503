/** Shared objects on the threads of a pool. */
import { Pool } from "@isopool/isopool";
import { poolEngine } from "../contract/shared/engine.ts";
import { passingSuite } from "../contract/shared/passing_suite.ts";
import { sharedContract } from "../contract/shared/shared_contract.ts";
import { leavesNothing } from "../support/leaks.ts";
import { test } from "../support/within.ts";

sharedContract(poolEngine("threads", ["exit", "uncaught", "oom", "stay", "block", "spin"]));
passingSuite((options) => new Pool(options), (name, ...rest) => test(`threads: ${name}`, ...rest));

leavesNothing();
