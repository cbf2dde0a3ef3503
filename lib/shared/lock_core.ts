/**
 * What `Lock`, `RLock` and `Condition` share: one lock word, and the functions that acquire, recover and release it.
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";
import { Promise as RuntimePromise } from "../core/platform.ts";
import { badOption } from "../core/validate.ts";
import type { Releasable } from "./guard.ts";
import { SharedWords } from "./memory.ts";
import type { OwnerTable } from "./owner_table.ts";
import { runAsync } from "./run_async.ts";
import { runSync } from "./run_sync.ts";
import { abandon, acquire, holder, releaseNow, tryAcquire } from "./steps/lock.ts";
import { Result } from "./steps/step.ts";
import { type BlockLimits, checkBlockLimits, checkLimits, newMachine, runToEnd, type WaitLimits } from "./waiting.ts";

/** Options of {@linkcode Lock.acquire}. */
export interface LockOptions extends WaitLimits {
  /**
   * What to do if the thread that held the lock has died. `true` takes the lock over, and the guard's `recovered` is `true`.
   * A function takes the lock over and runs, to repair what the lock guards; if it fails, the lock stays abandoned and
   * `acquire` fails with the function's error.
   *
   * @default false
   */
  recover?: boolean | (() => void | Promise<void>);
}

/** Options of {@linkcode Lock.acquireSync}. */
export interface LockBlockOptions extends BlockLimits {
  /** As in {@linkcode LockOptions}, but the function must be synchronous. */
  recover?: boolean | (() => void);
}

/** One lock in shared memory. A guard refers to it, and releases it with `free`. */
export class LockCore implements Releasable {
  readonly name: string;
  /** The call that acquires it, for messages. Made once, since it costs as much as to acquire a free lock. */
  readonly acquireCall: string;
  readonly memory: SharedArrayBuffer;
  readonly words: SharedWords;

  constructor(name: string, memory: SharedArrayBuffer, owners: OwnerTable) {
    this.name = name;
    this.acquireCall = `acquire ${name}`;
    this.memory = memory;
    this.words = new SharedWords(memory, owners);
  }

  /** Releases the lock. */
  free(): void {
    const seen = releaseNow(this.words);
    if (seen >>> 1 === this.words.owners.me) return;
    throw new IsopoolError(
      `Cannot release ${this.name}: another thread has recovered it, because this thread was taken for dead`,
    );
  }
}

type MakeGuard<G> = (recovered: boolean) => G;

/** Acquires a lock, and returns a guard for it. */
export async function acquireLock<G>(core: LockCore, options: LockOptions | undefined, make: MakeGuard<G>): Promise<G> {
  const call = core.acquireCall;
  const timeout = checkLimits(call, options, ["recover"]);
  const recover = checkRecover(call, options?.recover);
  options?.signal?.throwIfAborted();
  const { words } = core;
  if (tryAcquire(words, words.owners.me)) return make(false);
  const machine = newMachine(call, words, timeout, acquire);
  machine.frame.recover = recover !== false;
  await runAsync(machine, options?.signal);
  if (machine.frame.result !== Result.RECOVERED) return make(false);
  try {
    if (typeof recover === "function") await recover();
  } catch (error) {
    runToEnd(call, words, abandon, machine.frame.seen);
    throw error;
  }
  return make(true);
}

/** Acquires a lock, blocking the thread until then, and returns a guard for it. */
export function acquireLockSync<G>(core: LockCore, options: LockBlockOptions | undefined, make: MakeGuard<G>): G {
  const call = core.acquireCall;
  const timeout = checkBlockLimits(call, options, ["recover"]);
  const recover = checkRecover(call, options?.recover);
  const { words } = core;
  if (tryAcquire(words, words.owners.me)) return make(false);
  if (holder(words) === words.owners.me) {
    throw new IsopoolError(
      `Cannot ${call}: other code of this thread holds it, and cannot release it while the thread blocks: use acquire()`,
    );
  }
  const machine = newMachine(call, words, timeout, acquire);
  machine.frame.recover = recover !== false;
  runSync(machine);
  if (machine.frame.result !== Result.RECOVERED) return make(false);
  try {
    if (typeof recover === "function" && (recover() as unknown) instanceof RuntimePromise) {
      throw badOption(
        call,
        "recover",
        recover,
        "a function that has finished when it returns, or use acquire()",
        false,
      );
    }
  } catch (error) {
    runToEnd(call, words, abandon, machine.frame.seen);
    throw error;
  }
  return make(true);
}

function checkRecover<T>(call: string, recover: boolean | T | undefined): boolean | T {
  if (recover !== undefined && typeof recover !== "boolean" && typeof recover !== "function") {
    throw badOption(call, "recover", recover, "true, false or a function", false);
  }
  return recover ?? false;
}
