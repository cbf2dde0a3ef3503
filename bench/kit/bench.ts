/**
 * What a benchmark is.
 *
 * @module
 */

/** A program that answers rounds of one workload over its standard input and output (`drivers/driver.mjs`). */
export interface Contestant {
  readonly name: string;
  readonly runtime: "deno" | "node" | "python3";
  /** File in `drivers/`. */
  readonly driver: string;
  /** Which of the driver's contestants. */
  readonly variant: string;
  /** For the workload, which says what it is. */
  readonly parameter?: string;
  /** Whether it is somebody else's: another library, another runtime. */
  readonly peer?: boolean;
}

/** A promise of PERFORMANCE.md, checked against this run. */
export interface Goal {
  /** Most (or with `better: "more"` least) that isopool's figure may be, as a ratio to `against`, else absolutely. */
  readonly limit: number;
  /** Names of contestants; the goal is met if it is against each of them that took part. */
  readonly against?: readonly string[];
  /** @default {"median"} */
  readonly of?: "median" | "p99";
}

/** One capability, measured the same way for every contestant. */
export interface Bench {
  /** Name of the workload in `workloads/`. */
  readonly name: string;
  /** What is measured, in a few words. */
  readonly what: string;
  /** Unit of each figure. */
  readonly unit: string;
  /** @default {"less"} */
  readonly better?: "less" | "more";
  /** Whether every round gets a process of its own. */
  readonly fresh?: boolean;
  readonly goal?: Goal;
  /** isopool first. */
  readonly contestants: readonly Contestant[];
}

/** How long and how often. */
export interface Effort {
  rounds: number;
  /** Milliseconds of work in a round. */
  budget: number;
  /** Which share of the items of a workload that has a fixed number of them. */
  scale: number;
  /** Whether one more round comes first, and is not counted. */
  warmUp: boolean;
}

/** What a driver says of one round, and what was seen of its processes meanwhile. */
export interface Sample {
  value: number;
  /** Units of work done. */
  count: number;
  /** Each measurement by itself, where the work has few. */
  each?: number[];
  notes?: Record<string, number>;
  /** Processor milliseconds that one unit cost, over all threads and child processes. */
  cpu?: number;
  /** Resident memory after the round, in MiB, over all child processes. */
  rss?: number;
}

/** What a contestant did; `samples` has one entry a round. */
export interface Outcome {
  contestant: Contestant;
  samples: Sample[];
  /** Why it did not take part. */
  unavailable?: string;
}

/** A benchmark that was run. */
export interface Report {
  bench: Bench;
  outcomes: Outcome[];
}
