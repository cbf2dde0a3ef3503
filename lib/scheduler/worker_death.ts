/**
 * What becomes of the calls whose worker died.
 *
 * @module
 */
import { WorkerCrashedError } from "../core/errors.ts";
import type { Death } from "../transport/transport.ts";
import { type Chunk, CLOSED } from "./job.ts";

const HOW = {
  exit: "ended itself",
  terminated: "was stopped",
  oom: "ran out of memory",
  uncaught: "died of an uncaught error",
  initializer: "failed in its initializer",
  finalizer: "failed in its finalizer",
};

/** Says how the worker of a lost task ended, and the way out. */
export function crashError(workerId: number, death: Death): WorkerCrashedError {
  const { reason, exitCode, signal, cause } = death;
  const code = exitCode === undefined || reason !== "exit" ? "" : ` with code ${exitCode}`;
  return new WorkerCrashedError(
    `Task was lost: worker ${workerId} ${HOW[reason]}${code}: declare \`retry\` if it may run again`,
    {
      reason: reason === "initializer" || reason === "finalizer" ? "uncaught" : reason,
      cause,
      ...exitCode !== undefined && { exitCode },
      ...signal !== undefined && { signal },
    },
  );
}

/**
 * Parts the chunks of a dead worker into calls that are lost, which are closed, and calls that never started, which can
 * go to another worker. Calls start in order, so what never started is a tail of its chunk; what came with moved values
 * is lost with them.
 */
export function partitionCalls(
  chunks: Chunk[],
  hasStarted: (seq: number) => boolean,
): { lost: [Chunk, offset: number][]; back: Chunk[] } {
  const lost: [Chunk, offset: number][] = [];
  const back: Chunk[] = [];
  for (const chunk of chunks) {
    let from = chunk.items.length;
    const waits = (offset: number) => chunk.items[offset] === CLOSED || !hasStarted(chunk.firstSeq + offset);
    if (chunk.transfer.length === 0) { while (from > 0 && waits(from - 1)) from--; }
    for (let offset = 0; offset < from; offset++) {
      if (chunk.items[offset] === CLOSED) continue;
      chunk.close(offset, 1);
      lost.push([chunk, offset]);
    }
    while (from < chunk.items.length && chunk.items[from] === CLOSED) from++;
    if (from < chunk.items.length) back.push(chunk.cut(from));
  }
  return { lost, back };
}
