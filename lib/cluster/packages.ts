/**
 * The packages of a cluster. All files of this folder import them from here, because the order counts: `ioredis` must come
 * before `bullmq`, which has it as a peer dependency. In the other order, Deno 2.9.6 looks for a second copy of `bullmq`
 * that it has not installed, if a program loads this module by `import()`.
 *
 * @module
 */
export { AbstractConnector, Redis, type RedisOptions } from "ioredis";
export {
  type BackendFactory,
  type BulkJobOptions,
  createRedisBackend,
  type Job,
  Queue,
  raw2NextJobData,
  type RedisQueueBackend,
  Worker,
} from "bullmq";
