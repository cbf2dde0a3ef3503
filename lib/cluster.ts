/**
 * Pools whose workers are on other machines, and the locks, queues and values that they share, over Redis:
 * `@isopool/isopool/cluster`. It needs Redis 6.2 or later, or Valkey.
 *
 * @module
 */
export { attach, type AttachedOutcome, type AttachOptions } from "./cluster/attach.ts";
export { type Cluster, cluster } from "./cluster/backend.ts";
export type { ClusterGuard } from "./cluster/guard.ts";
export type { ClusterLock, ClusterLockOptions } from "./cluster/lock.ts";
export type { ClusterQueue, ClusterQueueOptions } from "./cluster/queue.ts";
export type { ChangeOptions, ClusterValue } from "./cluster/value.ts";
export { ClusterError, LockLostError } from "./core/errors.ts";
export { WorkerHost } from "./cluster/host.ts";
export { serveWorker } from "./cluster/serve_worker.ts";
export type { HostBackend } from "./cluster/host_workers.ts";
export type { ClusterAddress, ClusterOptions } from "./cluster/options.ts";
export type { RedisAddress, RedisServer } from "./cluster/address.ts";
export type { ServeOptions } from "./cluster/serve_options.ts";
export type { PermissionScope } from "./pool/permissions.ts";
export type { CustomBackend } from "./pool/backends.ts";
export type { TryGetResult } from "./queue/items.ts";
export type { WaitLimits } from "./shared/waiting.ts";
