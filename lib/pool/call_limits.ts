/**
 * The limits of one call that only a worker process can keep: `cpuTime` and `maxOutput`.
 *
 * @module
 */
import { count, duration, refusal, show } from "../core/validate.ts";
import type { CallLimits } from "../transport/transport.ts";
import type { Capabilities } from "./backends.ts";

/** The two options, as the pool and a task take them. */
interface GivenLimits {
  readonly cpuTime?: unknown;
  readonly maxOutput?: unknown;
}

/**
 * Checks the limits that a pool or a task gives, and completes them with those of the pool. Returns `undefined` if there
 * are none.
 *
 * @throws {TypeError} If the workers cannot keep them.
 */
export function callLimits(
  action: string,
  given: GivenLimits,
  pool: CallLimits | undefined,
  capabilities: Capabilities,
  concurrency: number,
): CallLimits | undefined {
  if (given.cpuTime === undefined && given.maxOutput === undefined) return pool;
  const cpuTime = given.cpuTime === undefined ? pool?.cpuTime : duration(action, "cpuTime", given.cpuTime);
  const maxOutput = given.maxOutput === undefined ? pool?.maxOutput : bytes(action, given.maxOutput);
  if (cpuTime === undefined && maxOutput === undefined) return undefined;
  const name = cpuTime === undefined ? "maxOutput" : "cpuTime";
  if (capabilities.engine !== "process") {
    const value = show(cpuTime ?? maxOutput);
    throw refusal(
      `Cannot ${action}: \`${name}\` is ${value}, and only a process has a processor time and an output of its own: leave ` +
        'it out, or use backend "process"',
    );
  }
  if (concurrency > 1) {
    throw refusal(
      `Cannot ${action}: \`${name}\` does not go with \`concurrencyPerWorker\` ${concurrency}: what a process uses cannot be ` +
        "told apart by call: leave one of them out",
    );
  }
  return { cpuTime, maxOutput };
}

function bytes(action: string, value: unknown): number | undefined {
  const max = count(action, "maxOutput", value, 0);
  return max === Infinity ? undefined : max;
}
