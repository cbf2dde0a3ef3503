import { Pool } from "@isopool/isopool";
import { contract } from "../contract/contract.ts";

contract({
  name: "worker",
  // Some tasks of the suite look up their thread's id.
  make: (options) => new Pool({ permissions: { read: true }, ...options }),
  capabilities: {
    engine: "web",
    parallel: true,
    isolated: true,
    sharedMemory: true,
    forcedKill: false,
    permissions: true,
  },
});
