/**
 * The main loop of a contestant's process: runs a round for each line of its input, until the input ends. Runs under Deno
 * and Node.
 *
 * ```
 * command line                          WORKLOAD [VARIANT [PARAMETER]]
 * stdin   {"budget": 250, "scale": 1}        ->  one round of the workload
 * stdout  {"value": 21.4, "count": 12000}    <-  or {"unavailable": "why"}
 * ```
 *
 * @module
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { Unavailable } from "../workloads/adapter.mjs";
import { WORKLOADS } from "../workloads/index.mjs";

/**
 * Runs rounds of the workload that the command line names.
 * @param {(variant: string) => import("../workloads/adapter.mjs").Adapter | Promise<import("../workloads/adapter.mjs").Adapter>} adapt
 *   Makes the contestant from the variant that the command line names.
 */
export async function serve(adapt) {
  const [workload, variant = "", parameter = ""] = process.argv.slice(2);
  let opened;
  for await (const line of createInterface({ input: process.stdin })) {
    let result;
    try {
      opened ??= await WORKLOADS[workload](await adapt(variant), parameter);
      result = await opened.round(JSON.parse(line));
    } catch (error) {
      const reason = error instanceof Unavailable ? error.message : String(error?.stack ?? error);
      result = { unavailable: reason.split("\n").slice(0, 3).join(" ") };
    }
    process.stdout.write(JSON.stringify(result) + "\n");
  }
  await opened?.close();
  process.exit(0);
}
