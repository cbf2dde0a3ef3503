/**
 * Pools whose workers are on other machines, connected by Redis. It needs Redis 6.2 or later, or Valkey.
 *
 * @module
 */
export { attach, type AttachedOutcome, type AttachOptions } from "./cluster/attach.ts";
export { cluster } from "./cluster/backend.ts";
export { ClusterError } from "./core/errors.ts";
export { serveWorker, WorkerHost } from "./cluster/host.ts";
export type { HostBackend } from "./cluster/host_workers.ts";
export type { ClusterAddress, ClusterOptions } from "./cluster/options.ts";
export type { RedisAddress, RedisServer } from "./cluster/redis.ts";
export type { ServeOptions } from "./cluster/serve_options.ts";
export type { PermissionScope } from "./pool/permissions.ts";
export type { CustomBackend } from "./pool/backends.ts";
