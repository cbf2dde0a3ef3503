/**
 * Signals of the process that drain something: a pool (`Pool.drainOn`), or one map (its option `drainOn`).
 *
 * ```
 * 1st signal -> drain(reason): nothing new starts -> what runs ends -> CancelledError -> exit code 128 + the signal's number
 * 2nd signal -> terminate() -> exit with that code at once
 * ```
 *
 * @module
 */
import { CancelledError } from "./errors.ts";
import { Promise } from "./platform.ts";
import { oneOf } from "./validate.ts";

/** A signal that drains a pool or a map. */
export type DrainSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** The exit codes of a program that one of the signals ends. */
const EXIT_CODES: Record<DrainSignal, number> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/** What a signal drains. */
export interface Drainable {
  /** Its name, in the reason. */
  readonly name: string;
  /** Starts nothing more, lets what runs end, and then ends with the reason, or with errors that have it as their cause. */
  drain(reason: CancelledError): void;
  /** Stops what runs, at once. */
  terminate(): void;
}

/** The pools and maps that drain since a signal, and that have not ended. */
const draining = new Set<Promise<void>>();

/** Checks a signal; `undefined` is valid. */
export function drainSignal(call: string, option: string, value: unknown): DrainSignal | undefined {
  return value === undefined ? undefined : oneOf(call, option, value, Object.keys(EXIT_CODES) as DrainSignal[]);
}

/**
 * Drains `target` on a signal. Returns a function that removes the listener, to be called when `target` has ended. The
 * listener does not keep the script alive.
 */
export function drainOn(signal: DrainSignal | undefined, target: Drainable): () => void {
  if (signal === undefined) return () => {};
  const code = EXIT_CODES[signal];
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const listener = () => {
    if (draining.has(ended)) {
      target.terminate();
      Deno.exit(code);
    }
    draining.add(ended);
    Deno.exitCode = code;
    const reason = new CancelledError(`Task was cancelled: ${target.name} got ${signal} and drains`);
    exitUncaught(reason, code);
    target.drain(reason);
  };
  Deno.addSignalListener(signal, listener);
  return () => {
    Deno.removeSignalListener(signal, listener);
    draining.delete(ended);
    resolve();
  };
}

// A script that does not catch the cancellation ends with the signal's exit code, and not as one that has failed. Any other
// error that it does not catch is its own, also a cancellation that has nothing to do with the signal.
function exitUncaught(cancellation: CancelledError, code: number): void {
  addEventListener("unhandledrejection", (event) => {
    if (!isCausedBy(event.reason, cancellation)) return;
    event.preventDefault();
    void Promise.all(draining).then(() => Deno.exit(code));
  });
}

function isCausedBy(error: unknown, cancellation: CancelledError): boolean {
  const seen = new Set<unknown>();
  for (let each = error; each instanceof Error && !seen.has(each); each = each.cause) {
    if (each === cancellation) return true;
    seen.add(each);
  }
  return false;
}
