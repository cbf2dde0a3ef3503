/**
 * The far end of a contestant's process: answers "run a round" lines until its input ends. Runs under Deno and Node.
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
 * Serves rounds of the workload that the command line names.
 * @param {(variant: string) => import("../workloads/adapter.mjs").Adapter | Promise<import("../workloads/adapter.mjs").Adapter>} adapt
 *   Makes the contestant from the variant that the command line names.
 */
export async function serve(adapt) {
  const [workload, variant = "", parameter = ""] = process.argv.slice(2);
  let running;
  for await (const line of createInterface({ input: process.stdin })) {
    let answer;
    try {
      running ??= await WORKLOADS[workload](await adapt(variant), parameter);
      answer = await running.round(JSON.parse(line));
    } catch (error) {
      const reason = error instanceof Unavailable ? error.message : String(error?.stack ?? error);
      answer = { unavailable: reason.split("\n").slice(0, 3).join(" ") };
    }
    process.stdout.write(JSON.stringify(answer) + "\n");
  }
  await running?.close();
  process.exit(0);
}
