/** The contract of pools on worker processes; the themes are in several test files. */
import { Pool } from "@isopool/isopool";
import { contract, type Theme } from "../contract.ts";
import { leavesNothing } from "../../support/leaks.ts";
import { mapWords } from "../../support/words.ts";

/** Registers the suites of some themes for processes. */
export function processContract(...themes: Theme[]): void {
  // Memory of this process does not reach the tasks.
  mapWords();

  contract({
    name: "process",
    isFurther: true,
    make: (options) => new Pool({ ...options, backend: "process" }),
    capabilities: {
      engine: "process",
      parallel: true,
      isolated: true,
      sharedMemory: false,
      forcedKill: true,
      memoryLimit: true,
      permissions: true,
    },
  }, themes);

  leavesNothing();
}
