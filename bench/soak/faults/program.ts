/**
 * A program of the harness: runs rounds one after another in one process, and compares what it has before and after each.
 * It prints a line of JSON at the beginning and at the end of each round.
 *
 * @module
 */
import { Pool } from "../../../mod.ts";
import { type BackendKind, makePlan } from "./plan.ts";
import { poolOptions, runRound, startRig, type Surroundings } from "./round.ts";
import { leftOver, restlessness, settledState, type State } from "./state.ts";
import { own } from "./work.ts";

/** The argument of a program. */
export interface ProgramOptions {
  readonly backend: BackendKind;
  readonly seeds: readonly number[];
  readonly folder: string;
  readonly disk?: string;
  readonly clock?: string;
}

/** What a program prints. */
export type Line =
  | { readonly begin: number }
  | { readonly end: number; readonly calls: number; readonly workersStarted: number; readonly problems: string[] };

/** Milliseconds within which what a round has used must be gone. */
const CLEAN_UP_BOUND = 10_000;

const print = (line: Line) => console.log(JSON.stringify(line));

// What the first pool of a process loads and opens stays.
async function warmUp(surroundings: Surroundings): Promise<State> {
  // The runtime opens two descriptors for signals: now, or else at some time within a second.
  const ignore = () => {};
  Deno.addSignalListener("SIGUSR2", ignore);
  Deno.removeSignalListener("SIGUSR2", ignore);
  const plan = { workers: 2, concurrencyPerWorker: 1, killGrace: 0, maxTasksPerWorker: Infinity, memoryLimit: 0 };
  const file = `${surroundings.folder}/warm-up`;
  for (let times = 0; times < 2; times++) {
    await using pool = new Pool(poolOptions(surroundings, plan));
    await pool.starmap(own.compute.with({ retry: 5 }), Array.from({ length: 4 }, (_, n) => [[file, n], n, 5] as const));
    await pool.submit(own.never.with({ timeout: 1 }), [file, 0]).exception();
  }
  return await settledState();
}

if (import.meta.main) {
  const { backend, seeds, folder, disk, clock }: ProgramOptions = JSON.parse(Deno.args[0]);
  const rig = backend === "cluster" ? await startRig() : undefined;
  const surroundings: Surroundings = { backend, folder, disk, clock, rig, cluster: rig?.backend };
  const before = await warmUp(surroundings);
  for (const seed of seeds) {
    print({ begin: seed });
    const { calls, workersStarted, problems } = await runRound(makePlan(backend, seed), surroundings);
    const left = [...await leftOver(before, CLEAN_UP_BOUND), ...await restlessness()];
    print({ end: seed, calls, workersStarted, problems: [...problems, ...left] });
    if (problems.length + left.length === 0) continue;
    // What hangs would hold the program.
    await rig?.[Symbol.asyncDispose]();
    Deno.exit();
  }
  await rig?.[Symbol.asyncDispose]();
}
