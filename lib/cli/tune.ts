/**
 * `isopool tune`: measures how many workers are best for an export of a module.
 *
 * @module
 */
import { type BackendName, cpuCount, Pool, tune } from "../../mod.ts";
import type { Arguments, Flag } from "./flags.ts";
import { readItems } from "./items.ts";
import { INPUT_FLAGS } from "./map_flags.ts";
import { itemSource } from "./map_plan.ts";
import { parseModuleExport, taskOf } from "./module.ts";
import { integer, time } from "./quantities.ts";
import { UsageError } from "./usage_error.ts";
import { poolOptions, WORKER_FLAGS } from "./workers_flags.ts";
import { Writer } from "./writer.ts";

/** The flags. */
export const TUNE_FLAGS: readonly Flag[] = [
  ...INPUT_FLAGS,
  { name: "most", value: "N", help: "tries up to N workers (default: twice the cores)" },
  { name: "duration", value: "TIME", help: "measures each number for this time (default: 1s)" },
  ...WORKER_FLAGS.filter(({ name }) => name !== "jobs" && name !== "rate"),
];

/** Maximum number of items that are tried. */
const MAX_ITEMS = 1_000;

/** Runs the command. Returns its exit code. */
export async function runTune(args: Arguments): Promise<number> {
  const task = taskOf(parseModuleExport("tune", args.operands));
  const items = await sample(args);
  const most = integer("most", args.text("most") ?? String(2 * cpuCount()), 1);
  await using pool = new Pool<BackendName>({ ...poolOptions(args), workers: most });
  // Every worker has loaded the module before the first measurement.
  await Promise.all(Array.from({ length: most }, (_, i) => pool.submit(task, items[i % items.length]).exception()));
  const tuning = await tune(({ index }) => pool.submit(task, items[index % items.length]), {
    concurrencies: steps(most),
    duration: time("duration", args.text("duration") ?? "1s"),
  });
  const writer = new Writer(Deno.stdout);
  writer.add(`${tuning}\n\nThe best: -j ${tuning.best}\n`);
  await writer.flush();
  return 0;
}

async function sample(args: Arguments): Promise<unknown[]> {
  const [, , ...files] = args.operands;
  const items: unknown[] = [];
  for await (const some of readItems(itemSource(args, files))) {
    items.push(...some.slice(0, MAX_ITEMS - items.length));
    if (items.length === MAX_ITEMS) break;
  }
  if (items.length === 0) throw new UsageError("There are no items to measure with: give some after :::");
  return items;
}

// 1, 2, 4, ... and the last.
function steps(most: number): number[] {
  const found: number[] = [];
  for (let n = 1; n < most; n *= 2) found.push(n);
  return [...found, most];
}
