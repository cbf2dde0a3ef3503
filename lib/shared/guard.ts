/**
 * A guard: the value that `acquire()` returns, and through which its code releases the lock or permit once.
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";
import { isA, refusal } from "../core/validate.ts";

/** The lock or semaphore that a guard releases. */
export interface Releasable {
  /** For messages: `Lock`. */
  readonly name: string;
  /** Releases the lock, or the permit that `token` stands for. */
  free(token: number): void;
}

// Private to guards, apart from conditions, which release the lock while they wait.
let suspend: (guard: Guard, held: Releasable, call: string) => void;
let resume: (guard: Guard, stillHeld: boolean) => void;

/**
 * A guard: `acquire()` returns it; releasing it, or leaving its `using` block, releases the lock or permit once. Any code
 * of the thread that acquired can release. A copy that is sent to another thread releases nothing.
 *
 * ## Cost
 * One small object for each acquire.
 *
 * @example Release at the end of the block, also if it throws
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Lock } from "@isopool/isopool";
 *
 * const lock = new Lock();
 * {
 *   using guard = await lock.acquire();
 *   assertEquals([guard.held, lock.locked], [true, true]);
 * }
 * assertEquals(lock.locked, false);
 * ```
 */
export class Guard implements Disposable {
  /** Whether this acquire took the lock over from a thread that died while it held it. */
  readonly recovered: boolean;
  readonly #held: Releasable;
  readonly #token: number;
  #state: "held" | "suspended" | "released" = "held";

  /** @ignore */
  constructor(held: Releasable, token: number, recovered: boolean) {
    this.#held = held;
    this.#token = token;
    this.recovered = recovered;
  }

  static {
    suspend = (guard, held, call) => {
      if (guard.#held !== held) throw refusal(`Cannot ${call}: this is not a guard of its lock`);
      guard.#check(call);
      guard.#state = "suspended";
    };
    resume = (guard, stillHeld) => guard.#state = stillHeld ? "held" : "released";
  }

  /** Whether the guard holds its lock or permit. */
  get held(): boolean {
    return this.#state === "held";
  }

  /**
   * Releases the lock or permit, and wakes a waiter.
   *
   * @example Release before the end of the block
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Semaphore } from "@isopool/isopool";
   *
   * const slots = new Semaphore(1);
   * using guard = await slots.acquire();
   * guard.release();
   * assertEquals([guard.held, slots.permits], [false, 1]);
   * ```
   *
   * @throws {IsopoolError} If the guard has been released, or waits in a condition.
   */
  release(): void {
    if (this.#state !== "held") this.#check(`release ${this.#held.name}`);
    this.#state = "released";
    this.#held.free(this.#token);
  }

  /**
   * Releases the lock or permit unless that has been done, at the end of a `using` block.
   *
   * @example Leave a block after an early release
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Lock } from "@isopool/isopool";
   *
   * const guard = await new Lock().acquire();
   * guard.release();
   * guard[Symbol.dispose]();
   * assertEquals(guard.held, false);
   * ```
   */
  [Symbol.dispose](): void {
    if (this.#state === "held") this.release();
  }

  #check(call: string): void {
    if (this.#state === "released") throw new IsopoolError(`Cannot ${call}: this guard has been released`);
    if (this.#state === "suspended") throw new IsopoolError(`Cannot ${call}: this guard waits in a condition`);
  }
}

/** Checks that a guard holds this lock, and suspends the guard until {@linkcode resumeGuard}. */
export function suspendGuard(guard: Guard, held: Releasable, call: string): void {
  if (!isA(guard, Guard)) throw refusal(`Cannot ${call}: it takes a guard, from acquire()`);
  suspend(guard, held, call);
}

/** Ends the suspension of a guard, which holds its lock again or not. */
export function resumeGuard(guard: Guard, stillHeld: boolean): void {
  resume(guard, stillHeld);
}
