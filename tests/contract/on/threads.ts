/** The contract of pools on threads; each theme has a test file. */
import { Pool } from "@isopool/isopool";
import { contract, type Theme } from "../contract.ts";
import { leavesNothing } from "../../support/leaks.ts";

/** Registers the suites of a theme for threads. */
export function threadContract(theme: Theme): void {
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
  }, [theme]);

  leavesNothing();
}
