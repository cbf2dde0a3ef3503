/**
 * Who may run the calls of a job: each starts once at most, also when BullMQ hands the job to a second host.
 *
 * ```
 * host        claims the job before it starts a call of it; what is taken back by then, it leaves out
 * submitter   claims a job that it gives up, or takes back one call of a batch; neither, once a host has claimed the job
 * ```
 *
 * The claim and the list of what is taken back are fields of the job, so they live as long as it does: a lost host may
 * bring a job back after hours.
 *
 * @module
 */
import type { Promise } from "../core/platform.ts";
import type { Redis } from "./packages.ts";

const CLAIM = `
if redis.call("EXISTS", KEYS[1]) == 0 then return false end
if redis.call("HSETNX", KEYS[1], "isopool:claim", ARGV[1]) == 0 then return false end
return redis.call("HGET", KEYS[1], "isopool:off") or ""`;

const TAKE_BACK = `
if redis.call("EXISTS", KEYS[1]) == 0 or redis.call("HEXISTS", KEYS[1], "isopool:claim") == 1 then return 0 end
local off = redis.call("HGET", KEYS[1], "isopool:off")
redis.call("HSET", KEYS[1], "isopool:off", off and off .. "," .. ARGV[1] or ARGV[1])
return 1`;

/**
 * Claims a job. Who comes second leaves it alone. A job that is not there cannot be claimed.
 *
 * @param jobKey The key of the job.
 * @returns The indexes of the calls that were taken back; `undefined` if it was not claimed now.
 */
export async function claim(
  client: Redis,
  jobKey: string,
  by: "host" | "submitter",
): Promise<ReadonlySet<number> | undefined> {
  const off = await client.eval(CLAIM, 1, jobKey, by) as string | null;
  if (off === null) return undefined;
  return new Set(off === "" ? [] : off.split(",").map(Number));
}

/** Takes back a call of a batch that no host has claimed; resolves to whether it did. */
export async function takeBack(client: Redis, jobKey: string, index: number): Promise<boolean> {
  return await client.eval(TAKE_BACK, 1, jobKey, index) === 1;
}
