/**
 * The state of a pool, and the options of its shutdown.
 *
 * @module
 */

/** State of a pool: it takes calls while `"open"`, finishes the calls that it has while `"closing"`, then has ended. */
export type PoolState = "open" | "closing" | "closed" | "terminated" | "broken";

/** Options of `Pool.shutdown`. */
export interface ShutdownOptions {
  /** Whether calls that have not started are cancelled instead of run. @default {false} */
  cancelFutures?: boolean;
  /**
   * Maximum time for the calls that were submitted, in milliseconds from the call of `shutdown`. After it, the pool cancels
   * those that have not ended and stops its workers by force, as {@linkcode PoolLifecycle.terminate} does.
   *
   * @default {Infinity}
   */
  timeout?: number;
}
