/** The contract of pools on threads; the themes are in several test files. */
import { Pool } from "@isopool/isopool";
import { contract, type Theme } from "../contract.ts";
import { leavesNothing } from "../../support/leaks.ts";

/** Registers the suites of some themes for threads. */
export function threadContract(...themes: Theme[]): void {
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
  }, themes);

  leavesNothing();
}
