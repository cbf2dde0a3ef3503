/** The contract of pools on scoped workers; the themes are in several test files. */
import { Pool } from "@isopool/isopool";
import { contract, type Theme } from "../contract.ts";

/** Registers the suites of some themes for scoped workers. */
export function scopedContract(...themes: Theme[]): void {
  contract({
    name: "worker",
    isFurther: true,
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
  }, themes);
}
