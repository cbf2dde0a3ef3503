/**
 * Every error class that a caller may catch, in one place. The library's own failures extend {@linkcode IsopoolError}; an
 * error that a task throws arrives as it is, never wrapped.
 *
 * @module
 */
export { IsopoolError } from "./base_error.ts";
export { CheckpointError } from "./checkpoint_error.ts";
export { BrokenBarrierError, LockAbandonedError, LockLostError } from "./lock_errors.ts";
export { DeadlockError, ManagerClosedError } from "./manager_errors.ts";
export { BrokenPoolError, ClusterError, PermissionScopeError, PoolClosedError, QueueFullError } from "./pool_errors.ts";
export { ItemLostError, QueueClosedError } from "./queue_errors.ts";
export { StageError } from "./stage_error.ts";
export {
  type DeathReason,
  TaskLoadError,
  TaskNotFoundError,
  TaskTimeoutError,
  TransferError,
  WorkerCrashedError,
} from "./task_errors.ts";
export { CancelledError, WaitTimeoutError } from "./wait_errors.ts";
