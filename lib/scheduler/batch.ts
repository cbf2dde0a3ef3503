/**
 * From chunks to the batch that a transport takes.
 *
 * @module
 */
import type { Batch } from "../transport/transport.ts";
import type { SlotOwner } from "./slot_owner.ts";
import type { Chunk } from "./work.ts";

/** Puts chunks that are alike into one batch, numbered from `first`. */
export function toBatch(first: number, chunks: Chunk[]): Batch {
  const { work, attempt, transfer } = chunks[0];
  const { id: taskId, source, local } = work.task;
  return {
    first,
    taskId,
    source,
    local,
    items: chunks.length === 1 ? chunks[0].items : chunks.flatMap((chunk) => chunk.items),
    spread: work.spread,
    timed: work.timeout !== undefined,
    limited: chunks.some((chunk) => chunk.work.limited),
    attempt,
    stream: work.stream,
    shares: work.shares,
    transfer,
  };
}

/** Counts how long calls have waited, and tells who listens. */
export function noteSent(chunks: Chunk[], workerId: number, { tally, observer }: SlotOwner): void {
  const now = performance.now();
  for (const { work, first, items, attempt } of chunks) {
    if (work.queuedAt > 0) tally.wait.add(now - work.queuedAt);
    if (observer) { for (let i = 0; i < items.length; i++) observer.callSent(work, first + i, attempt, workerId); }
  }
}
