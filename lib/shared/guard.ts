/**
 * What one gets for acquiring: the right to release, once.
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";

/** What a guard gives back to. */
export interface Releasable {
  /** For messages: `Lock`. */
  readonly name: string;
  /** Gives back what `token` stands for. */
  free(token: number): void;
}

// For what belongs to guards and is nobody else's business: a condition lends the lock away while it waits.
let lend: (guard: Guard, held: Releasable, call: string) => void;
let settle: (guard: Guard, stillHeld: boolean) => void;

/**
 * What has been acquired: the right to release it, once. Any code of the thread that acquired it may do that; a copy that
 * is sent to another thread releases nothing.
 *
 * @example Released at the end of the block, also if it throws
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
  /** Whether the lock was taken over from a thread that died holding it. */
  readonly recovered: boolean;
  readonly #held: Releasable;
  readonly #token: number;
  #state: "held" | "lent" | "released" = "held";

  /** @ignore */
  constructor(held: Releasable, token: number, recovered: boolean) {
    this.#held = held;
    this.#token = token;
    this.recovered = recovered;
  }

  static {
    lend = (guard, held, call) => {
      if (guard.#held !== held) throw new TypeError(`Cannot ${call}: this is not a guard of its lock`);
      guard.#check(call);
      guard.#state = "lent";
    };
    settle = (guard, stillHeld) => guard.#state = stillHeld ? "held" : "released";
  }

  /** Whether it has not been released. */
  get held(): boolean {
    return this.#state === "held";
  }

  /**
   * Gives it back, and wakes who waits for it.
   *
   * @throws {IsopoolError} If it has been released, or waits in a condition.
   */
  release(): void {
    this.#check(`release ${this.#held.name}`);
    this.#state = "released";
    this.#held.free(this.#token);
  }

  /** Releases it, if that has not been done: at the end of a `using` block. */
  [Symbol.dispose](): void {
    if (this.#state === "held") this.release();
  }

  #check(call: string): void {
    if (this.#state === "released") throw new IsopoolError(`Cannot ${call}: this guard has been released`);
    if (this.#state === "lent") throw new IsopoolError(`Cannot ${call}: this guard waits in a condition`);
  }
}

/** Checks that a guard holds this, and lends it away until {@linkcode settleGuard}. */
export function lendGuard(guard: Guard, held: Releasable, call: string): void {
  if (!(guard instanceof Guard)) throw new TypeError(`Cannot ${call}: it takes a guard, from acquire()`);
  lend(guard, held, call);
}

/** Ends the lending. */
export function settleGuard(guard: Guard, stillHeld: boolean): void {
  settle(guard, stillHeld);
}
