/**
 * From chunks to the batch that a transport takes.
 *
 * @module
 */
import { transferError } from "../protocol/envelope.ts";
import type { Batch } from "../transport/transport.ts";
import type { SlotOwner } from "./slot_owner.ts";
import { Chunk } from "./job.ts";

/** Puts chunks that are alike into one batch, numbered from `first`. */
export function toBatch(first: number, chunks: Chunk[]): Batch {
  const { job: work, attempt, transfer } = chunks[0];
  const { id: taskId, source, localFunction: local } = work.task;
  return {
    first,
    taskId,
    source,
    localFunction: local,
    items: chunks.length === 1 ? chunks[0].items : chunks.flatMap((chunk) => chunk.items),
    spread: work.spread,
    timeout: work.timeout,
    limited: chunks.some((chunk) => chunk.job.limited),
    attempt,
    stream: work.stream,
    shares: work.shares,
    handles: chunks.some((chunk) => chunk.job.handles),
    transfer,
  };
}

/** Counts how long calls have waited, and tells who listens. */
export function noteSent(chunks: Chunk[], workerId: number, { counters: tally, observer }: SlotOwner): void {
  const now = performance.now();
  for (const { job: work, first, items, attempt } of chunks) {
    if (work.queuedAt > 0) {
      tally.wait.add(now - work.queuedAt);
      // One that comes back and is sent again has waited once.
      work.queuedAt = 0;
    }
    if (observer) { for (let i = 0; i < items.length; i++) observer.callSent(work, first + i, attempt, workerId); }
  }
}

/** Some value of a batch could not be copied: sends the calls one by one; the one to blame fails by itself. */
export function sendSeparately(chunks: Chunk[], cause: unknown, send: (chunks: Chunk[]) => void): void {
  for (const chunk of chunks) {
    const { job: work, first, items, attempt } = chunk;
    if (chunks.length === 1 && items.length === 1) {
      const error = transferError(items[0], work.spread ? "args" : "item", "argument", cause);
      chunk.close(0, 1);
      work.fail(first, "rejected", error, undefined);
    } else if (chunks.length > 1) {
      // As the chunk that its work knows.
      send([chunk]);
    } else items.forEach((item, i) => send([new Chunk(work, first + i, [item], attempt)]));
  }
}
