/**
 * What all waiting calls have in common: options, the machine that is run, and how its end is told.
 *
 * @module
 */
import { IsopoolError, LockAbandonedError, WaitTimeoutError } from "../core/errors.ts";
import { scope } from "../core/isolate_state.ts";
import { abortSignal, duration, knownOptions } from "../core/validate.ts";
import type { SharedWords } from "./memory.ts";
import type { OwnerTable } from "./owner_table.ts";
import { DONE, Frame, type Outcome, OwnerStatus, Result, type Step } from "./steps/step.ts";

/** Limits of a call that waits without blocking its thread. */
export interface WaitLimits {
  /**
   * Milliseconds after which it fails with a {@linkcode WaitTimeoutError}; 0 tries once.
   *
   * @default Infinity
   */
  timeout?: number;
  /** Gives up when it aborts, with the signal's reason. */
  signal?: AbortSignal;
}

/** Limits of a call that blocks its thread. */
export interface BlockLimits {
  /**
   * Milliseconds after which it fails with a {@linkcode WaitTimeoutError}; 0 tries once. The main thread must give one:
   * while it is blocked, nothing that workers send it arrives.
   *
   * @default Infinity
   */
  timeout?: number;
}

/** How long, in milliseconds, a sleeper sleeps before it looks by itself whether somebody died. */
export const SLICE = 50;

/** A machine that is run for a call. */
export interface Machine {
  /** What the user called, for messages: `acquire Lock`. */
  readonly call: string;
  readonly frame: Frame;
  readonly owners: OwnerTable;
  /** Runs one step. */
  readonly step: () => Outcome;
  readonly timeout: number | undefined;
}

/** Checks the limits of a call that does not block; gives its timeout. */
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

// A worker's global scope has no Window: neither a Web Worker's nor that of a node thread.
const isMain = "Window" in globalThis;

/** Checks the limits of a call that blocks; gives its timeout. */
export function checkBlock(
  call: string,
  limits: BlockLimits | undefined,
  more: readonly string[] = [],
): number | undefined {
  knownOptions(call, limits, ["timeout", ...more]);
  const timeout = duration(call, "timeout", limits?.timeout);
  if (timeout === undefined && isMain) {
    throw new TypeError(
      `Cannot ${call}: the main thread takes a \`timeout\` in milliseconds to block: nothing that workers send it ` +
        "arrives meanwhile",
    );
  }
  return timeout;
}

/** A machine for a call, with a fresh frame. */
export function running(
  call: string,
  words: SharedWords,
  timeout: number | undefined,
  step: (words: SharedWords, frame: Frame) => Outcome,
): Machine {
  const frame = new Frame();
  frame.me = words.owners.me;
  return { call, frame, owners: words.owners, timeout, step: () => step(words, frame) };
}

/** Runs a machine that never sleeps, to its end; `a` and `b` are what it is told. */
export function runThrough(words: SharedWords, step: Step, a = 0, b = 0): Frame {
  const frame = new Frame();
  frame.me = words.owners.me;
  frame.a = a;
  frame.b = b;
  while (step(words, frame) !== DONE);
  return frame;
}

/** Ends a call in the way its machine did: throws, or does nothing. */
export function conclude({ call, frame, timeout }: Machine, signal?: AbortSignal): void {
  switch (frame.result) {
    case Result.GAVE_UP:
      if (signal?.aborted) throw signal.reason;
      throw new WaitTimeoutError(`Cannot ${call}: it took longer than ${timeout} ms`);
    case Result.ABANDONED:
      throw new LockAbandonedError(`Cannot ${call}: the thread that held the lock has died`, { recoverable: true });
    case Result.LOST:
      throw new LockAbandonedError(
        `Cannot ${call}: the thread that holds the lock was stopped without effect, and may still run`,
        { recoverable: false },
      );
  }
}

/**
 * Stops waiting in a thread that was given up: its host wants to see it end. The machine is left where it is. (A Web
 * Worker that was stopped ends here, before it comes to that.)
 *
 * @throws {IsopoolError} In such a thread.
 */
export function checkWanted({ call, frame, owners }: Machine): void {
  scope.checkpoint?.();
  if (owners.status(owners.me) === OwnerStatus.ALIVE) return;
  // Whatever it was about to take, it does not have.
  frame.result = Result.LOST;
  throw new IsopoolError(`Cannot ${call}: this thread was stopped`);
}
