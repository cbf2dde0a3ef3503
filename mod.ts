/**
 * Every core and every connection of a Deno script, one pool away.
 *
 * @example Every core
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { inline, Pool } from "@isopool/isopool";
 *
 * await using pool = new Pool();
 * const squares = await pool.map(inline((n: number) => n * n), [1, 2, 3]);
 * assertEquals(squares, [1, 4, 9]);
 * ```
 *
 * @module
 */
export {
  BrokenBarrierError,
  BrokenPoolError,
  CancelledError,
  CheckpointError,
  ClusterError,
  DeadlockError,
  type DeathReason,
  IsopoolError,
  ItemLostError,
  LockAbandonedError,
  LockLostError,
  ManagerClosedError,
  PermissionScopeError,
  PoolClosedError,
  QueueClosedError,
  QueueFullError,
  StageError,
  TaskLoadError,
  TaskNotFoundError,
  TaskTimeoutError,
  TransferError,
  WaitTimeoutError,
  WorkerCrashedError,
} from "./lib/core/errors.ts";
export type { Distribution } from "./lib/core/histogram.ts";
export type { Input } from "./lib/core/input.ts";
export { move } from "./lib/core/move.ts";
export type { RateOptions } from "./lib/core/rate.ts";
export type { RetryOptions } from "./lib/core/retry.ts";
export { asCompleted, type AsCompletedOptions, type Completed } from "./lib/future/as_completed.ts";
export { type FailedItem, failedItems } from "./lib/future/failed_items.ts";
export type { OnError, Settled, StopAfter } from "./lib/future/on_error.ts";
export { type CancelOptions, Future, type FutureState } from "./lib/future/future.ts";
export { Results } from "./lib/future/results.ts";
export { type ReturnWhen, wait, type WaitOptions, type WaitResult } from "./lib/future/wait.ts";
export { type BackendName, type Capabilities, cpuCount, type CustomBackend } from "./lib/pool/backends.ts";
export { activeWorkers, map, shutdownDefaultPool } from "./lib/pool/default_pool.ts";
export type { PoolEventMap, TaskEventDetail, WorkerEventDetail } from "./lib/pool/events.ts";
export { TaskGroup } from "./lib/pool/group.ts";
export type { MedianLimit } from "./lib/core/validate.ts";
export type { DrainSignal } from "./lib/core/drain_signal.ts";
export type { PoolLifecycle } from "./lib/pool/lifecycle.ts";
export type { PoolState, ShutdownOptions } from "./lib/pool/shutdown_options.ts";
export type { ImapOptions, MapOptions } from "./lib/pool/map_options.ts";
export type { PoolOptions } from "./lib/pool/options.ts";
export type { PermissionScope } from "./lib/pool/permissions.ts";
export { type ApplyOptions, type Args, type Closure, Pool, type Runnable } from "./lib/pool/pool.ts";
export type { DashboardOptions, PoolInsight } from "./lib/pool/pool_insight.ts";
export type { Dashboard } from "./lib/observe/dashboard.ts";
export type { PoolPause } from "./lib/pool/pool_pause.ts";
export type { PoolMaps } from "./lib/pool/pool_maps.ts";
export type { PoolStreams } from "./lib/pool/pool_streams.ts";
export type { PoolTrace } from "./lib/observe/trace.ts";
export type { PoolWorkers } from "./lib/pool/pool_workers.ts";
export { SharedValue } from "./lib/pool/shared_value.ts";
export type { PoolStats, WorkerStats } from "./lib/pool/stats.ts";
export type { SlotState } from "./lib/scheduler/slot.ts";
export type { SlowCall } from "./lib/scheduler/slowest_calls.ts";
export {
  type AdaptiveOptions,
  type CheckpointOptions,
  type Governor,
  type GovernorToken,
  limit,
  type LimitContext,
  type Limiter,
  type LimitOptions,
  type LimitPerKeyOptions,
  type PerKeyOptions,
  pooled,
  type PooledContext,
  type PooledOptions,
  type RunOptions,
  tune,
  type TuneOptions,
  type TunePoint,
  Tuning,
} from "./lib/pooled.ts";
export type { CpuStageOptions, IoStageOptions } from "./lib/stages/stage.ts";
export { Stages, stages, type StagesOptions } from "./lib/stages/stages.ts";
export type { ProgressOptions } from "./lib/progress/progress.ts";
export type { ProgressItem, ProgressSink, ProgressState } from "./lib/progress/sink.ts";
export * from "./lib/manager.ts";
export * from "./lib/process.ts";
export * from "./lib/queue.ts";
export * from "./lib/shared.ts";
export { inline } from "./lib/task/inline.ts";
export {
  type AnyFunction,
  type StreamTask,
  Task,
  task,
  type TaskOf,
  type TaskOptions,
  type Tasks,
  tasks,
  type TaskSource,
} from "./lib/task/task.ts";
