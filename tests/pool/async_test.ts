import { Pool } from "@isopool/isopool";
import { contract } from "../contract/contract.ts";
import { leavesNothing } from "../support/leaks.ts";

contract({
  name: "async",
  make: (options) => new Pool({ ...options, backend: "async" }),
  capabilities: {
    engine: "loop",
    parallel: false,
    isolated: false,
    sharedMemory: true,
    forcedKill: false,
    memoryLimit: false,
    permissions: false,
  },
});

leavesNothing();
