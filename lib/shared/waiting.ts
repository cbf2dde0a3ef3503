/**
 * What all waiting calls share: their options, the state machine that a call runs (steps/step.ts), and how its result
 * becomes an error.
 *
 * @module
 */
import { corruptMemory, MAX_STEPS } from "../core/corrupt_memory.ts";
import { IsopoolError, LockAbandonedError, WaitTimeoutError } from "../core/errors.ts";
import { isolateState } from "../core/isolate_state.ts";
import { performance } from "../core/platform.ts";
import { abortSignal, duration, knownOptions, refusal } from "../core/validate.ts";
import type { SharedWords } from "./memory.ts";
import { isMainThread, type OwnerTable } from "./owner_table.ts";
import { DONE, Frame, type Outcome, OwnerStatus, Result, type Step } from "./steps/step.ts";

/** Limits of a call that waits without blocking its thread. */
export interface WaitLimits {
  /**
   * Milliseconds after which the call fails with a {@linkcode WaitTimeoutError}; 0 tries once.
   *
   * @default Infinity
   */
  timeout?: number;
  /** Ends the wait when it aborts; the call then rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** Limits of a call that blocks its thread. */
export interface BlockLimits {
  /**
   * Milliseconds after which the call fails with a {@linkcode WaitTimeoutError}; 0 tries once. The main thread must give a
   * timeout: while it blocks, it receives no message of a worker.
   *
   * @default Infinity
   */
  timeout?: number;
}

/** Maximum milliseconds that a thread sleeps before it checks whether a thread for which it waits has died. */
export const POLL_INTERVAL = 50;

/** The state machine of one call. */
export interface Machine {
  /** The call, for messages: `acquire Lock`. */
  readonly call: string;
  readonly frame: Frame;
  readonly owners: OwnerTable;
  /** Runs one step. */
  readonly step: () => Outcome;
  /** In milliseconds. */
  readonly timeout: number | undefined;
}

/** Checks the limits of a call that does not block; returns its timeout. `more` names further options of the call. */
export function checkLimits(
  call: string,
  limits: WaitLimits | undefined,
  more: readonly string[] = [],
): number | undefined {
  if (limits === undefined) return undefined;
  knownOptions(call, limits, ["timeout", "signal", ...more]);
  abortSignal(call, "signal", limits.signal);
  return duration(call, "timeout", limits.timeout);
}

/** Checks the limits of a call that blocks; returns its timeout. `more` names further options of the call. */
export function checkBlockLimits(
  call: string,
  limits: BlockLimits | undefined,
  more: readonly string[] = [],
): number | undefined {
  let timeout: number | undefined;
  if (limits !== undefined) {
    knownOptions(call, limits, ["timeout", ...more]);
    timeout = duration(call, "timeout", limits.timeout);
  }
  // The main thread of a worker process is a worker as well.
  if (timeout === undefined && isMainThread && isolateState.depth === 0) {
    throw refusal(
      `Cannot ${call}: the main thread must give a \`timeout\` in milliseconds: while it blocks, it receives no message ` +
        "of a worker",
    );
  }
  return timeout;
}

/** Makes the machine of a call, with a fresh frame. */
export function newMachine(
  call: string,
  words: SharedWords,
  timeout: number | undefined,
  step: (words: SharedWords, frame: Frame) => Outcome,
): Machine {
  const frame = new Frame();
  frame.me = words.owners.me;
  return { call, frame, owners: words.owners, timeout, step: () => step(words, frame) };
}

/**
 * Runs a machine that never sleeps to its end; `a` and `b` are the first values of its registers.
 *
 * @throws {IsopoolError} If the memory is corrupt, so that the machine does not end.
 */
export function runToEnd(call: string, words: SharedWords, step: Step, a = 0, b = 0): Frame {
  const frame = new Frame();
  frame.me = words.owners.me;
  frame.a = a;
  frame.b = b;
  for (let steps = 0; steps < MAX_STEPS; steps++) if (step(words, frame) === DONE) return frame;
  throw corruptMemory(call);
}

/** Throws the error for the result of a machine; returns if the machine has succeeded. */
export function conclude({ call, frame, timeout }: Machine, signal?: AbortSignal): void {
  switch (frame.result) {
    case Result.GAVE_UP:
      if (signal?.aborted) throw signal.reason;
      throw new WaitTimeoutError(`Cannot ${call}: it took longer than ${timeout} ms`);
    case Result.ABANDONED:
      throw new LockAbandonedError(
        `Cannot ${call}: the thread that held the lock has died: acquire it with \`recover: true\`, and repair what it ` +
          "guards",
        { recoverable: true },
      );
    case Result.LOST:
      throw new LockAbandonedError(
        `Cannot ${call}: the thread that holds the lock could not be stopped, and may still run`,
        { recoverable: false },
      );
    case Result.NOT_LOCKED:
      throw new WaitTimeoutError(`Cannot ${call}: its lock was not free again in time, so its guard is released`);
    case Result.CORRUPT:
      throw corruptMemory(call);
  }
}

/** Returns a function that returns the milliseconds left of a timeout, and throws once it has passed. */
export function deadlineOf(call: string, timeout: number | undefined): () => number | undefined {
  if (timeout === undefined) return () => undefined;
  const end = performance.now() + timeout;
  return () => {
    const left = end - performance.now();
    if (left <= 0) throw new WaitTimeoutError(`Cannot ${call}: it took longer than ${timeout} ms`);
    return left;
  };
}

/**
 * Ends the wait of a thread that its host has marked as lost, so that the thread can end. The machine stops where it is.
 * In a Web Worker whose host has asked for the stop, `isolateState.checkpoint` ends the worker before.
 *
 * @throws {IsopoolError} If this thread is marked as lost.
 */
export function throwIfStopped({ call, frame, owners }: Machine): void {
  isolateState.checkpoint?.();
  if (owners.status(owners.me) === OwnerStatus.ALIVE) return;
  // This thread does not hold what the machine was about to take.
  frame.result = Result.LOST;
  throw new IsopoolError(`Cannot ${call}: this thread was stopped`);
}
