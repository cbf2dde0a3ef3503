/**
 * Decides which host may run the calls of a job: each call starts once at most, also when BullMQ hands the job to a second
 * host.
 *
 * ```
 * host        runs a job that it is the first to get; a later host fails it, because the first may have started its calls
 * submitter   takes calls back while no host has got their job
 * ```
 *
 * BullMQ counts in a field of the job how often it has handed the job to a host, in the script that does so. So a claim costs
 * no command of its own, and it lives as long as the job does: a lost host may bring a job back after hours.
 *
 * @module
 */
import type { Promise } from "../core/platform.ts";
import type { Job, Redis } from "./packages.ts";

/** BullMQ's count. The job has none before the first host gets it. */
const STARTS = "ats";
const TAKEN_BACK = "isopool:off";

const TAKE_BACK = `
if redis.call("EXISTS", KEYS[1]) == 0 or redis.call("HEXISTS", KEYS[1], "${STARTS}") == 1 then return 0 end
local off = redis.call("HGET", KEYS[1], "${TAKEN_BACK}")
redis.call("HSET", KEYS[1], "${TAKEN_BACK}", off and off .. "," .. ARGV[1] or ARGV[1])
return 1`;

/** Whether another host has got this job before. */
export function hadHost(job: Job): boolean {
  return job.attemptsStarted > 1;
}

/** Takes back a call of a batch that no host has got; resolves to whether it did. */
export async function takeBack(client: Redis, jobKey: string, index: number): Promise<boolean> {
  return await client.eval(TAKE_BACK, 1, jobKey, index) === 1;
}

/** Resolves to the indexes of the calls that were taken back. From when a host has the job, there are no more. */
export async function takenBack(client: Redis, jobKey: string): Promise<ReadonlySet<number>> {
  const off = await client.hget(jobKey, TAKEN_BACK);
  return new Set(off?.split(",").map(Number));
}
