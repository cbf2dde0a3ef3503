/**
 * Runs a benchmark: in each round all of its contestants run one after another (A B C A B C ...), so that other load on
 * the machine affects all of them alike. A contestant that uses cores while it is idle would disturb the others, so its
 * process ends after each of its rounds.
 *
 * @module
 */
import type { Bench, Contestant, Effort, Outcome, Report } from "./bench.ts";
import { Driver } from "./driver.ts";

/**
 * How many rounds of each contestant are not counted: 1.5 s. The compiler of V8 works in threads of its own for so long, and on
 * two cores it takes them from the contestant that is measured. The contestants warm up in turn, as they run later: V8 gives
 * memory back in a process that does nothing for 8 s, and then collects garbage more often.
 */
const WARM_UP = 10;

/** Runs one benchmark. With a warm-up, the first rounds of each contestant are not counted. */
export async function run(bench: Bench, effort: Effort): Promise<Report> {
  await using processes = new AsyncDisposableStack();
  const outcomes = bench.contestants.map((contestant) => ({ contestant, samples: [] }) as Outcome);
  const drivers = new Map<Contestant, Driver>();
  const warmUp = { ...effort, budget: WARM_UP * effort.budget };
  // A contestant whose process begins anew works right before its round. So do the others then.
  const isUneven = bench.contestants.some(({ burnsIdle }) => burnsIdle) && !bench.fresh && effort.warmUp;
  const firstRound = bench.fresh || !effort.warmUp ? 1 : 1 - WARM_UP;
  for (let round = firstRound; round <= effort.rounds; round++) {
    for (const outcome of outcomes) {
      if (outcome.unavailable !== undefined) continue;
      const { contestant } = outcome;
      if (round < 1 && contestant.burnsIdle) continue;
      try {
        await using fresh = bench.fresh || contestant.burnsIdle ? await Driver.start(bench, contestant) : undefined;
        let driver = fresh ?? drivers.get(contestant);
        if (fresh && contestant.burnsIdle && effort.warmUp) await fresh.round(warmUp);
        if (!driver) drivers.set(contestant, driver = processes.use(await Driver.start(bench, contestant)));
        if (isUneven && round > 0 && !contestant.burnsIdle) await driver.round(effort);
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
