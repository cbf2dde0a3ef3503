import { Pool } from "@isopool/isopool";
import { contract } from "../contract/contract.ts";
import { leavesNothing } from "../support/leaks.ts";

contract({
  name: "worker",
  make: (options) => new Pool({ ...options, backend: "worker" }),
  capabilities: {
    engine: "thread",
    parallel: true,
    isolated: true,
    sharedMemory: true,
    forcedKill: true,
    memoryLimit: true,
    permissions: false,
  },
});

leavesNothing();
