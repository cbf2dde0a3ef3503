/**
 * `readEvents()`: what happens to jobs, from a stream of events in Redis: that of one pool, to which hosts add the news and
 * the ends of its jobs (host_scripts.ts), or that of BullMQ, with all events of a queue.
 *
 * `QueueEvents` of BullMQ opens another connection for it, with a timer for each read: an idle pool would keep its script
 * alive, and so would a closed one, for seconds, if Redis cannot be reached.
 *
 * @module
 */
import { JSON, Promise } from "../core/platform.ts";
import { setImmediate, setTimeout } from "../core/timer.ts";
import type { Redis } from "./packages.ts";
import type { JobEnds, JobProgress } from "./wire.ts";

/** Maximum number of events of one read. */
const MAX_EVENTS = 1_000;
/** Number of events of its own after which a pool removes what it has read: Redis would keep the last 10,000. */
const TRIM_AFTER = 500;
/** Milliseconds after which a read that Redis has refused is tried again. */
const RETRY_WAIT = 1_000;

/** The id of no event: all come after it. */
export const NO_EVENT = "0-0";

/** A stream of events. */
export interface EventStream {
  readonly key: string;
  /** Id of the last event that is not read. */
  readonly after: string;
  /** Whether nothing else reads it. */
  readonly isOwn: boolean;
}

/** What happened to a job. */
export type JobEvent =
  | { readonly event: "active"; readonly jobId: string }
  | { readonly event: "progress"; readonly jobId: string; readonly data: JobProgress }
  | { readonly event: "completed"; readonly jobId: string; readonly returnvalue: string | JobEnds }
  | { readonly event: "failed"; readonly jobId: string; readonly failedReason: string };

/**
 * Reads events until `isOver` returns true, which is asked after each read: disconnecting the client ends a read. While
 * Redis cannot be reached it waits, and goes on after the last event that it read.
 *
 * @param client Does nothing else: a read waits for the next event. Its commands wait for a connection.
 */
export async function readEvents(
  client: Redis,
  { key, after, isOwn }: EventStream,
  onEvent: (event: JobEvent) => void,
  isOver: () => boolean,
): Promise<void> {
  for (let last = after, kept = 0; !isOver();) {
    try {
      if (isOwn && kept >= TRIM_AFTER) {
        kept = 0;
        client.xtrim(key, "MINID", last).catch(() => {}); // If it fails, the next trim removes these events.
      }
      const streams = await client.xread("COUNT", MAX_EVENTS, "BLOCK", 0, "STREAMS", key, last);
      for (const [id, fields] of streams?.[0][1] ?? []) {
        last = id;
        kept++;
        onEvent(eventOf(fields));
      }
      // The code that waited for these events goes on before the next read: a host starts its next call meanwhile.
      await new Promise<void>((resolve) => setImmediate(resolve));
    } catch {
      if (isOver()) return;
      // The sweep finds what is missed meanwhile.
      await new Promise<void>((resolve) => setTimeout(resolve, RETRY_WAIT).unref());
    }
  }
}

// A list of names and values. BullMQ has other events, too, which are not used here.
function eventOf(fields: readonly string[]): JobEvent {
  const event: Record<string, string> = {};
  for (let i = 0; i < fields.length; i += 2) event[fields[i]] = fields[i + 1];
  if (event.event === "progress") event.data = JSON.parse(event.data);
  if (event.event === "completed") event.returnvalue = JSON.parse(event.returnvalue);
  return event as unknown as JobEvent;
}
