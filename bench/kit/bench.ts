/**
 * The types of benchmarks, contestants and their results.
 *
 * @module
 */

/** A program that runs rounds of one workload on request, over its standard input and output (`drivers/driver.mjs`). */
export interface Contestant {
  readonly name: string;
  readonly runtime: "deno" | "node" | "python3";
  /** File in `drivers/`. */
  readonly driver: string;
  /** Selects one of the driver's contestants. */
  readonly variant: string;
  /** A setting for the workload; each workload documents its own. */
  readonly parameter?: string;
  /** Whether it is this module. */
  readonly own?: boolean;
  /** The checkout whose driver it is. @default {this one} */
  readonly root?: URL;
  /** Whether it is another library or another runtime. */
  readonly peer?: boolean;
  /** Whether it uses cores while it waits for its turn. It then gets a new process for each round, and a warm-up in it. */
  readonly burnsIdle?: boolean;
}

/** A goal of the project's performance table, checked against this run. */
export interface Goal {
  /**
   * The maximum (with `better: "more"`, the minimum) of isopool's figure: as a ratio to that of each contestant in
   * `against`, or else absolutely.
   */
  readonly limit: number;
  /** Names of contestants. The goal is met if it is met against each of them that took part. */
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
  /** Whether every round starts a new process. */
  readonly fresh?: boolean;
  readonly goal?: Goal;
  /** The contestants; isopool is the first. */
  readonly contestants: readonly Contestant[];
}

/** How long a round is, and how many there are. */
export interface Effort {
  rounds: number;
  /** Milliseconds of work in a round. */
  budget: number;
  /** The share of its items that a workload with a fixed number of them runs, up to 1. */
  scale: number;
  /** Whether a first round is run and not counted. */
  warmUp: boolean;
}

/** The figures of one round, and what its processes used meanwhile. */
export interface Sample {
  /** In the benchmark's unit. */
  value: number;
  /** Units of work done. */
  count: number;
  /** All single measurements, where a round has few of them. */
  each?: number[];
  notes?: Record<string, number>;
  /** Processor milliseconds of one unit, over all threads and child processes. */
  cpu?: number;
  /** Resident memory after the round, in MiB, over all child processes. */
  rss?: number;
}

/** The results of one contestant. */
export interface Outcome {
  contestant: Contestant;
  /** One entry for each round. */
  samples: Sample[];
  /** The reason why it did not take part. */
  unavailable?: string;
}

/** A benchmark that was run. */
export interface Report {
  bench: Bench;
  outcomes: Outcome[];
}
