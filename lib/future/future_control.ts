/**
 * The states of a future, and the interface by which a future reads and cancels the job behind it.
 *
 * @module
 */

/** State of a future. `"finished"` means success or failure, as in Python. */
export type FutureState = "pending" | "running" | "finished" | "cancelled";

/** How a future was settled; `"none"` while it is not. */
export type Outcome = "none" | "fulfilled" | "rejected" | "cancelled";

/** The job behind a future, which the scheduler runs. A future drops it when it is settled. */
export interface FutureControl {
  /** Whether the task has started. Called only while the future is not settled. */
  isRunning(): boolean;
  /** Stops the task; with `force: false` only its signal fires. The future settles through `settleFuture`. */
  cancel(reason: unknown, force: boolean): void;
  /** Returns the id of the worker that runs or ran the task. */
  workerId(): number | undefined;
}

/** Options of `Future.cancel`. */
export interface CancelOptions {
  /** Whether the pool stops a task by force if it still runs after the grace period. @default {true} */
  force?: boolean;
}
