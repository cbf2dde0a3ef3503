/**
 * `attempt()`: repeats an operation of a cluster until it succeeds, within the limits of the call.
 *
 * @module
 */
import { onAbort, OVER } from "../core/abort.ts";
import { WaitTimeoutError } from "../core/errors.ts";
import { AbortController, performance, Promise as RuntimePromise } from "../core/platform.ts";
import { waitLimit } from "../core/wait_limit.ts";
import { checkLimits, type WaitLimits } from "../shared/waiting.ts";
import type { Reply, Session } from "./session.ts";

/** Maximum milliseconds between two attempts: the message that ends a wait may be lost with its connection. */
const MAX_WAIT = 1_000;

/** What is repeated. */
export interface Operation {
  /** The call, for messages: `get from ClusterQueue "urls"`. */
  readonly what: string;
  /** Name of the operation in the script. */
  readonly op: string;
  readonly name: string;
  readonly args: readonly (string | number)[];
  /** The kind of key whose messages wake it. */
  readonly wakes: string;
  /** Whether to try again, and after how many milliseconds at the latest. `undefined` ends the attempts. */
  waits(reply: Reply): number | undefined;
  /** Undoes a success whose caller has given up. */
  undo(reply: Reply): void;
}

/** How an operation ended. */
export interface Ended {
  readonly reply: Reply;
  /** When the attempt began, by `performance.now()`. */
  readonly since: number;
}

/**
 * Runs an operation until it need not wait. Resolves to the last reply.
 *
 * @throws {WaitTimeoutError} If `timeout` passes first.
 * @throws {ClusterError} If Redis cannot be reached.
 */
export async function attempt(session: Session, operation: Operation, limits: WaitLimits | undefined): Promise<Ended> {
  const { what, op, name, args, wakes } = operation;
  const timeout = checkLimits(what, limits);
  limits?.signal?.throwIfAborted();
  const { promise, resolve, reject } = RuntimePromise.withResolvers<Ended>();
  const ending = new AbortController();
  const giveUp = (reason: unknown): void => {
    reject(reason);
    ending.abort(OVER);
  };
  const late = () => giveUp(new WaitTimeoutError(`Cannot ${what}: it took longer than ${timeout} ms`));
  const undo = (reply: Reply): void => {
    if (operation.waits(reply) === undefined) operation.undo(reply);
  };
  const run = async (): Promise<void> => {
    for (;;) {
      const since = performance.now();
      const reply = await session.call(what, op, name, args, undo);
      if (ending.signal.aborted) return undo(reply);
      const wait = operation.waits(reply);
      if (wait === undefined) return resolve({ reply, since });
      if (timeout === 0) return late();
      await session.wait(what, wakes, name, Math.min(wait, MAX_WAIT), ending.signal);
      if (ending.signal.aborted) return;
    }
  };
  const clearLimit = timeout ? waitLimit(timeout, late) : () => {};
  const stopListening = onAbort(limits?.signal, giveUp);
  try {
    run().catch(giveUp);
    return await promise;
  } finally {
    clearLimit();
    stopListening();
  }
}
