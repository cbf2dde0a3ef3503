/**
 * Finds the cause of death of a worker process, from its exit code or signal, its own report, and what it printed last.
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";
import type { ProcessCalls } from "./process_calls.ts";
import type { Death } from "./transport.ts";

/** What is known of the end of a process. */
export interface ProcessEnd {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** Why the process could not be started; `undefined` if it was started. */
  readonly error: Error | undefined;
  /** The cause that the worker itself has reported. */
  readonly reported: Death | undefined;
  /** Whether the host has asked the worker to end, or has killed it. */
  readonly endRequested: boolean;
  /** The worker's memory limit, in bytes. */
  readonly memoryLimit: number | undefined;
  /** Whether the worker has ever been ready. */
  readonly isReady: boolean;
  /** The last part of its stderr. */
  readonly stderr: string;
}

/** Signals with which the engine ends a process whose heap is full; 133 is SIGTRAP as an exit code. */
const FATAL_SIGNALS = ["SIGTRAP", "SIGABRT", "SIGILL"];
const FATAL_EXIT = 133;

/** Returns the death of a process. */
export function processDeath(end: ProcessEnd): Death {
  const { exitCode, signal, error, reported, endRequested, memoryLimit, isReady, stderr } = end;
  if (reported?.reason === "initializer" || reported?.reason === "finalizer") return reported;
  const code = exitCode !== undefined && { exitCode };
  const memory = memoryLimit !== undefined && { limit: memoryLimit };
  if (reported) {
    return { ...reported, ...reported.reason === "uncaught" && code, ...reported.reason === "oom" && memory };
  }
  if (endRequested) return { reason: "terminated", ...code };
  if (error) {
    return {
      reason: "exit",
      cause: new IsopoolError(`Cannot start worker process: ${error.message}`, { cause: error }),
    };
  }
  const isFatal = exitCode === FATAL_EXIT || (signal !== undefined && FATAL_SIGNALS.includes(signal));
  if (isFatal && /out of memory/i.test(stderr)) {
    return {
      reason: "oom",
      ...signal !== undefined && { signal },
      ...code,
      ...memory,
      cause: new RangeError("Its heap was full"),
    };
  }
  if (signal !== undefined) return { reason: "terminated", signal };
  if (isReady || stderr === "") return { reason: "exit", ...code };
  return { reason: "exit", ...code, cause: new IsopoolError(`Worker process did not start: ${plain(stderr)}`) };
}

/**
 * Returns the death that the watchdog of a worker reports: the worker has exceeded its limit of memory or processor time.
 * Returns `undefined` if it has no such limit, or if its call is over. A task can write such a report, too: it gets its own
 * worker stopped.
 */
export function limitDeath(report: string, memoryLimit: number | undefined, calls: ProcessCalls): Death | undefined {
  if (report === "memory" && memoryLimit !== undefined) {
    return death("oom", memoryLimit, `The worker took more memory than its memoryLimit of ${memoryLimit} bytes allows`);
  }
  const [, seq] = /^cpu (\d+)$/.exec(report) ?? [];
  if (seq === undefined || calls.cpuTime === undefined || !calls.has(Number(seq))) return undefined;
  return death("cpu", calls.cpuTime, `The call used more processor time than its cpuTime of ${calls.cpuTime} ms`);
}

/** Returns the death of a worker whose call has printed too much. */
export function outputDeath(maxOutput: number): Death {
  return death("output", maxOutput, `The call printed more than its maxOutput of ${maxOutput} bytes`);
}

function death(reason: Death["reason"], limit: number, message: string): Death {
  return { reason, limit, cause: new RangeError(message) };
}

// deno-lint-ignore no-control-regex -- the runtime colours its errors
const plain = (text: string): string => text.replaceAll(/\x1b\[[\d;]*m/g, "").trim();
