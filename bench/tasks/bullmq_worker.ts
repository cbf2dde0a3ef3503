/** A process that takes jobs by BullMQ alone: path of Redis, name of the queue, number of jobs at a time, name of the task. */
import { Worker } from "bullmq";
import { Redis } from "ioredis";
import * as tasks from "./tasks.mjs";

const [path, queue, concurrency, name] = Deno.args;
const task = tasks[name as keyof typeof tasks] as (arg: unknown) => unknown;
new Worker(queue, (job: { data: { arg: unknown } }) => Promise.resolve(task(job.data.arg)), {
  connection: new Redis({ path, maxRetriesPerRequest: null }),
  concurrency: Number(concurrency),
});
