/** The contract of pools on scoped workers; each theme has a test file. */
import { Pool } from "@isopool/isopool";
import { contract, type Theme } from "../contract.ts";

/** Registers the suites of a theme for scoped workers. */
export function scopedContract(theme: Theme): void {
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
  }, [theme]);
}
