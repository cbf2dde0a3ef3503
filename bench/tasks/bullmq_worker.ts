/**
 * A contestant: takes jobs with BullMQ, without isopool. Arguments: socket of Redis, queue, jobs at a time, and "loop" or
 * "threads": where the tasks run.
 */
import { type Job, Worker } from "bullmq";
import { Redis } from "ioredis";
import * as tasks from "./tasks.mjs";

const [path, queue, concurrency, where] = Deno.args;
const run = (job: Job) =>
  Promise.resolve((tasks[job.name as keyof typeof tasks] as (arg: unknown) => unknown)(job.data.arg));
new Worker(queue, where === "threads" ? new URL(import.meta.resolve("./bullmq_thread.mjs")) : run, {
  connection: new Redis({ path, maxRetriesPerRequest: null }),
  concurrency: Number(concurrency),
  useWorkerThreads: true,
});
