/**
 * `Served`: an object of the host (a queue, an end of a pipe, a manager) that one worker process uses by requests.
 *
 * @module
 */
import { duration } from "../core/validate.ts";
import type { Handle } from "../shared/handle.ts";

/** An object that a worker was given. */
export interface Served {
  /** Returns the fields of the reference that the worker gets in place of a handle of this object. `Exports` adds the id. */
  refer(handle: Handle): Record<string, unknown>;
  /** Returns the handle of the object in this process for a reference that the worker has sent back. */
  resolve(ref: Handle): Handle;
  /**
   * Runs a method for the worker. Returns its result, or a promise of it.
   *
   * @param args Anything: they come from the worker.
   * @throws If there is no such method, or if it throws.
   */
  call(method: string, args: readonly unknown[], signal: AbortSignal): unknown;
  /** The worker has released the object, or has ended. */
  close(): void;
}

/** A method of a served object: the worker's arguments, and a signal that fires when it does not wait any longer. */
export type Method<T> = (object: T, args: readonly unknown[], signal: AbortSignal) => unknown;

/** Runs a method of a table. */
export function callMethod<T>(
  methods: ReadonlyMap<string, Method<T>>,
  object: T,
  method: string,
  args: readonly unknown[],
  signal: AbortSignal,
): unknown {
  const run = methods.get(method);
  if (run === undefined) throw new TypeError("Cannot call object of host: it has no method of that name");
  return run(object, args, signal);
}

/** Checks a timeout that comes from a worker. */
export function timeoutOf(call: string, value: unknown): number | undefined {
  return duration(call, "timeout", value);
}
