/**
 * Every error class that a caller may catch, in one place. The library's own failures extend {@linkcode IsopoolError}; an
 * error that a task throws arrives as it is, never wrapped. They stand in few files, since every script and every
 * thread loads all of them.
 *
 * @module
 */
export { IsopoolError } from "./base_error.ts";
export {
  BrokenBarrierError,
  DeadlockError,
  ItemLostError,
  LockAbandonedError,
  LockLostError,
  ManagerClosedError,
  QueueClosedError,
} from "./object_errors.ts";
export {
  BrokenPoolError,
  CheckpointError,
  ClusterError,
  PermissionScopeError,
  PoolClosedError,
  QueueFullError,
  StageError,
} from "./pool_errors.ts";
export {
  CancelledError,
  type DeathReason,
  TaskLoadError,
  TaskNotFoundError,
  TaskTimeoutError,
  TransferError,
  WaitTimeoutError,
  WorkerCrashedError,
} from "./task_errors.ts";
