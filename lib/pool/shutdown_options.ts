/**
 * The state of a pool, and the options of its shutdown.
 *
 * @module
 */

/**
 * State of a pool. `"open"`: it takes calls. `"closing"`: it takes no new calls, and finishes those that it has. `"closed"`:
 * all calls and workers have ended. `"terminated"`: `terminate` has cancelled the calls. `"broken"`: several workers in
 * a row died before they could take a call.
 */
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
