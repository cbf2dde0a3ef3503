/**
 * The options of a condition, and their checks.
 *
 * @module
 */
import { badOption, integer, isA, isOptions, knownOptions } from "../core/validate.ts";
import { isShared } from "./handle.ts";
import { Lock } from "./lock.ts";

const CREATE = "create Condition";
const MAX_WAITERS = 4096;

/** Options of a {@linkcode Condition}. */
export interface ConditionOptions {
  /** The lock of the condition; several conditions may share one. @default a new one */
  lock?: Lock;
  /** How many threads and tasks can wait at once, 1 to 4,096. `notify` reads a word for each. @default 64 */
  maxWaiters?: number;
}

/** Checks the argument of the constructor: options, a lock alone, or a handle; returns all options. */
export function checkConditionOptions(options: ConditionOptions | Lock, isHandle = false): Required<ConditionOptions> {
  if (isA(options, Lock)) return checkConditionOptions({ lock: options });
  if (!isOptions(options)) throw badOption(CREATE, "options", options, "an object with options, or a Lock", false);
  if (isShared(options)) throw wrongLock(options);
  if (!isHandle) knownOptions(CREATE, options, ["lock", "maxWaiters"]);
  const { lock = new Lock(), maxWaiters = 64 } = options;
  if (!isA(lock, Lock)) throw wrongLock(lock);
  integer(CREATE, "maxWaiters", maxWaiters, 1);
  if (maxWaiters > MAX_WAITERS) throw badOption(CREATE, "maxWaiters", maxWaiters, `1 to ${MAX_WAITERS}`, true);
  return { lock, maxWaiters };
}

function wrongLock(lock: unknown): Error {
  return badOption(CREATE, "lock", lock, "a Lock, and no RLock, because a wait must release it completely", false);
}
