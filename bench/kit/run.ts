/**
 * Runs benchmarks: every contestant of one gets its turn in each round (A B C A B C ...), so that whatever else the
 * machine does hits all of them alike.
 *
 * @module
 */
import type { Bench, Contestant, Effort, Outcome, Report } from "./bench.ts";
import { Driver } from "./driver.ts";

/** Runs one benchmark. The first turn of each contestant warms it up and is not counted. */
export async function run(bench: Bench, effort: Effort): Promise<Report> {
  await using lanes = new AsyncDisposableStack();
  const outcomes = bench.contestants.map((contestant) => ({ contestant, samples: [] }) as Outcome);
  const drivers = new Map<Contestant, Driver>();
  const from = bench.fresh || !effort.warmUp ? 1 : 0;
  for (let round = from; round <= effort.rounds; round++) {
    for (const outcome of outcomes) {
      if (outcome.unavailable !== undefined) continue;
      const { contestant } = outcome;
      try {
        await using alone = bench.fresh ? await Driver.start(bench, contestant) : undefined;
        let driver = alone ?? drivers.get(contestant);
        if (!driver) drivers.set(contestant, driver = lanes.use(await Driver.start(bench, contestant)));
        const sample = await driver.round(effort);
        if (round > 0) outcome.samples.push(sample);
      } catch (error) {
        outcome.unavailable = error instanceof Error ? error.message : String(error);
        outcome.samples = [];
      }
    }
  }
  return { bench, outcomes };
}
