/**
 * Makes a batch, which a transport sends, of chunks. If the batch cannot be copied, its calls are sent one by one.
 *
 * @module
 */
import { dropFrames } from "../core/stack.ts";
import { transferError } from "../protocol/transfer_error.ts";
import type { Batch } from "../transport/transport.ts";
import type { SlotOwner } from "./slot_owner.ts";
import { Chunk } from "./job.ts";
import { limitOf } from "./median_timeout.ts";

/**
 * Puts chunks of one task, with the same options and attempt, into one batch. Its calls are numbered from `first`.
 *
 * @param sentAt The time, on the `performance.now()` clock.
 * @param timed Whether the worker reports the times of each call.
 */
export function toBatch(first: number, chunks: Chunk[], sentAt: number, timed: boolean): Batch {
  // The jobs may differ in `hasLimit` and `handles`; everything else is that of the first.
  const { job, first: index, attempt, transfer } = chunks[0];
  const { id: taskId, source, localFunction } = job.task;
  let { items } = chunks[0];
  let { hasLimit, handles } = job;
  if (chunks.length > 1) {
    items = [];
    for (const chunk of chunks) {
      for (const item of chunk.items) items.push(item);
      hasLimit ||= chunk.job.hasLimit;
      handles ||= chunk.job.handles;
    }
  }
  return {
    job,
    index,
    priority: job.priority,
    first,
    sentAt,
    taskId,
    source,
    localFunction,
    items,
    spread: job.spread,
    timeout: limitOf(job),
    limits: job.limits,
    hasLimit,
    attempt,
    stream: job.stream,
    shares: job.shares,
    handles,
    transfer,
    context: job.context,
    timed,
    traceparent: job.traceparent,
  };
}

/** Counts how long calls that were sent at time `now` have waited, and reports them to the observer. */
export function recordSent(chunks: Chunk[], now: number, workerId: number, { counters, observer }: SlotOwner): void {
  for (const { job, first, items, attempt } of chunks) {
    if (job.queuedAt > 0) {
      counters.wait.add(now - job.queuedAt);
      // The wait of a call that comes back and is sent again counts once.
      job.queuedAt = 0;
    }
    if (observer) { for (let i = 0; i < items.length; i++) observer.callSent(job, first + i, attempt, workerId, now); }
  }
}

/** Sends the calls of a batch one by one after `cause`, an error of copying: only a call that cannot be copied fails. */
export function sendSeparately(chunks: Chunk[], cause: unknown, send: (chunks: Chunk[]) => void): void {
  for (const chunk of chunks) {
    const { job, first, items, attempt } = chunk;
    if (chunks.length === 1 && items.length === 1) {
      const [item] = items;
      const root = job.kind === "map" ? `items[${first}]` : job.spread ? "args" : "item";
      // The chunk must count its only call as ended before the job reports the failure.
      chunk.close(0, 1);
      job.fail(first, "rejected", dropFrames(transferError(item, root, "argument", cause)), undefined, item);
    } else if (chunks.length > 1) {
      // The same chunk object: its job may refer to it.
      send([chunk]);
    } else items.forEach((item, i) => send([new Chunk(job, first + i, [item], attempt)]));
  }
}
