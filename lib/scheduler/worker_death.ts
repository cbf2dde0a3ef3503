/**
 * What becomes of the calls of a worker that died: those that had started are lost, the others go to another worker.
 *
 * @module
 */
import { IsopoolError, WorkerCrashedError } from "../core/errors.ts";
import { dropFrames } from "../core/stack.ts";
import type { Death } from "../transport/transport.ts";
import { type Chunk, CLOSED, type TaskEntry } from "./job.ts";
import { taskAtStart } from "./task_name.ts";

const HOW_IT_ENDED = {
  exit: "ended itself",
  terminated: "was stopped",
  uncaught: "died of an uncaught error",
  initializer: "failed in its initializer",
  finalizer: "failed in its finalizer",
};

// What reaches a limit would reach it in another attempt, too: no advice to declare `retry`.
function overLimit(reason: "oom" | "cpu" | "output", limit: number | undefined): string {
  switch (reason) {
    case "oom":
      if (limit === undefined) return "ran out of memory: give it less at a time, or raise `memoryLimit`";
      return `took more than its \`memoryLimit\` of ${size(limit)}: raise it, or give it less at a time`;
    case "cpu":
      return `used more than its \`cpuTime\` of ${limit} ms: raise it, or give it less at a time`;
    case "output":
      return `printed more than its \`maxOutput\` of ${size(limit!)}: raise it, or print less`;
  }
}

const MIB = 2 ** 20;
const size = (bytes: number): string => bytes % MIB === 0 ? `${bytes / MIB} MiB` : `${bytes} bytes`;

// The errors made here. A task can throw an error of the same class, which a pool inside the task has made.
const made = new WeakSet<object>();

/** Whether an error says that the call itself was lost with its worker. */
export function isCrashError(error: unknown): error is WorkerCrashedError {
  return error instanceof WorkerCrashedError && made.has(error);
}

/** Makes the error of a call that was lost: how its worker ended, and what to do about it. */
export function crashError(workerId: number, death: Death, task?: TaskEntry): WorkerCrashedError {
  const { reason, exitCode, signal, cause } = death;
  const error = new WorkerCrashedError(
    `${task ? taskAtStart(task) : "Task"} was lost: worker ${workerId} ${howItEnded(death)}`,
    {
      reason: reason === "initializer" || reason === "finalizer" ? "uncaught" : reason,
      cause,
      ...exitCode !== undefined && { exitCode },
      ...signal !== undefined && { signal },
    },
  );
  made.add(error);
  return dropFrames(error);
}

// Says how a worker ended, and what to do about it.
function howItEnded({ reason, exitCode, limit, abandoned }: Death): string {
  if (!abandoned && (reason === "oom" || reason === "cpu" || reason === "output")) return overLimit(reason, limit);
  const how = abandoned ? "could not be stopped and was given up" : HOW_IT_ENDED[reason as keyof typeof HOW_IT_ENDED];
  const code = exitCode === undefined || reason !== "exit" ? "" : ` with code ${exitCode}`;
  return `${how}${code}: declare \`retry\` if it may run again`;
}

/** Makes the error of a call with moved values that a worker has not started, because it was blocked until it was stopped. */
export function blockedError(workerId: number, task: TaskEntry): WorkerCrashedError {
  const error = new WorkerCrashedError(
    `${
      taskAtStart(task)
    } was lost before it started: code that an earlier task left behind blocked worker ${workerId}, ` +
      "which was stopped, and the values that the call moves (`transfer`) are lost with it: let it copy them, or submit " +
      "it again with others",
    { reason: "terminated" },
  );
  made.add(error);
  return dropFrames(error);
}

/** Makes the cause of death of a worker that did not start what it was sent. */
export function blockedCause(): IsopoolError {
  return new IsopoolError("Worker did not start its next call: code that an earlier task left behind blocked it");
}

/** A call that was lost with its worker. */
export interface LostCall {
  readonly chunk: Chunk;
  /** Its position in the chunk. */
  readonly offset: number;
  /** Its arguments. */
  readonly item: unknown;
}

/**
 * Separates the calls of a dead worker: it closes those that are lost, and returns those that never started as chunks
 * for another worker. Calls start in order, so what never started is the tail of its chunk. A call whose values were moved
 * is lost in any case, because the values are. (`CLOSED` stands for a call that has ended or was taken back.)
 */
export function partitionCalls(
  chunks: Chunk[],
  hasStarted: (seq: number) => boolean,
): { lost: LostCall[]; back: Chunk[] } {
  const lost: LostCall[] = [];
  const back: Chunk[] = [];
  for (const chunk of chunks) {
    let from = chunk.items.length;
    const isUnstarted = (offset: number) => chunk.items[offset] === CLOSED || !hasStarted(chunk.firstSeq + offset);
    if (chunk.transfer.length === 0) {
      while (from > 0 && isUnstarted(from - 1)) from--;
    }
    for (let offset = 0; offset < from; offset++) {
      if (chunk.items[offset] === CLOSED) continue;
      lost.push({ chunk, offset, item: chunk.items[offset] });
      chunk.close(offset, 1);
    }
    while (from < chunk.items.length && chunk.items[from] === CLOSED) from++;
    if (from < chunk.items.length) back.push(chunk.cut(from));
  }
  return { lost, back };
}
