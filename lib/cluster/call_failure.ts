/**
 * `CallFailure`: how a call failed on a worker host.
 *
 * @module
 */
import type { JobFailure } from "./wire.ts";

/** How `HostWorker.ready` and the end of a `HostCall` reject. */
export class CallFailure extends Error {
  readonly failure: JobFailure;
  /** Whether the worker was stopped because it did not start the call: another one may run it. */
  readonly isUnstarted: boolean;

  constructor(failure: JobFailure, message: string, isUnstarted = false) {
    super(message);
    this.failure = failure;
    this.isUnstarted = isUnstarted;
  }
}
