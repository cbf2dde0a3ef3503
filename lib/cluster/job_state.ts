/**
 * `readStates()`: how far jobs are, from their hashes in Redis.
 *
 * @module
 */
import { JSON, type Promise } from "../core/platform.ts";
import type { Queue, Redis } from "./packages.ts";
import type { JobEnds, JobProgress } from "./wire.ts";

/** How far a job is. */
export interface JobState {
  readonly isThere: boolean;
  readonly isStarted: boolean;
  /** The last progress that it has reported. */
  readonly progress: JobProgress | undefined;
  readonly end: { readonly result: string | JobEnds } | { readonly reason: string } | undefined;
}

/**
 * Reads the states of jobs; `undefined` for one that cannot be read.
 *
 * @throws If Redis cannot be reached.
 */
export async function readStates(
  client: Redis,
  queue: Queue,
  ids: readonly string[],
): Promise<(JobState | undefined)[]> {
  const pipeline = client.pipeline();
  const fields = ["timestamp", "processedOn", "finishedOn", "returnvalue", "failedReason", "progress"];
  for (const id of ids) pipeline.hmget(queue.toKey(id), ...fields);
  const found = await pipeline.exec() ?? [];
  return ids.map((_, i) => {
    const [error, values] = (found[i] ?? [new Error("no reply")]) as [Error | null, (string | null)[]];
    return error ? undefined : stateOf(values);
  });
}

function stateOf([timestamp, processedOn, finishedOn, value, reason, progress]: (string | null)[]): JobState {
  return {
    isThere: timestamp !== null,
    isStarted: processedOn !== null,
    progress: progress === null ? undefined : JSON.parse(progress),
    end: finishedOn === null
      ? undefined
      : reason !== null
      ? { reason }
      : value !== null
      ? { result: JSON.parse(value) }
      : undefined,
  };
}
