/**
 * The errors that the caller gets in the cells of the crash matrix.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { TaskTimeoutError, TransferError, WorkerCrashedError } from "@isopool/isopool";
import { expectError } from "../support/expect.ts";
import type { Kind } from "./crash_tasks.ts";

/** What the caller gets: the name of an error class, or the reason of a crash, with the exit code of an `exit`. */
export type Expected = string;

/** What a call gets that crashes while it runs. */
export const CRASH: Record<Kind, Expected> = {
  throw: "RangeError",
  reject: "RangeError",
  exit: "exit 7",
  processExit: "exit 7",
  close: "exit 0",
  spin: "TaskTimeoutError",
  never: "TaskTimeoutError",
  oom: "oom",
  oomAfterAwait: "oom",
  oomBuffers: "oom",
  uncaughtTimer: "uncaught",
  uncaughtEvent: "uncaught",
  forgotten: "uncaught",
};

/** What a call gets that crashes while its result is encoded. */
export const ENCODED: Record<Kind, Expected> = {
  ...CRASH,
  throw: "TransferError",
  reject: "TransferError",
  close: "TransferError",
  never: "TransferError",
  oomAfterAwait: "TransferError",
  oomBuffers: "TransferError",
  uncaughtTimer: "TransferError",
  uncaughtEvent: "TransferError",
  forgotten: "TransferError",
};

/** Asserts that an error is the expected one. */
export function checkError(error: unknown, expected: Expected): void {
  switch (expected) {
    case "RangeError":
      assertEquals(expectError(error, RangeError).message, "crashed");
      return;
    case "TaskTimeoutError":
      return void expectError(error, TaskTimeoutError);
    case "TransferError":
      return assertEquals(expectError(error, TransferError).direction, "result");
    default: {
      const { reason, exitCode, cause } = expectError(error, WorkerCrashedError);
      assertEquals(reason === "exit" ? `${reason} ${exitCode}` : reason, expected);
      if (reason === "uncaught") assertEquals((cause as Error).message, "crashed");
      if (reason === "oom") assert(cause instanceof Error);
    }
  }
}

/** What a call gets whose module crashes while it is loaded. */
export function expectedAtLoad(kind: Kind): Expected {
  return CRASH[kind] === "RangeError" ? "TaskLoadError" : CRASH[kind];
}
