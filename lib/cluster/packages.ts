/**
 * The packages of a cluster. All of this folder imports them from here, because their order counts: when a program imports
 * this module while it runs, and `bullmq` comes before `ioredis`, which it has as a peer, the runtime (Deno 2.9.6) looks for
 * a second copy of `bullmq` that it has not made.
 *
 * @module
 */
export { AbstractConnector, Redis, type RedisOptions } from "ioredis";
export { type BulkJobOptions, type Job, Queue, QueueEvents, Worker } from "bullmq";
