import { Pool } from "@isopool/isopool";
import { contract } from "../contract/contract.ts";

contract({
  name: "worker",
  make: (options) => new Pool({ permissions: "none", ...options }),
  capabilities: {
    engine: "web",
    parallel: true,
    isolated: true,
    sharedMemory: true,
    forcedKill: false,
    memoryLimit: false,
    permissions: true,
  },
});
