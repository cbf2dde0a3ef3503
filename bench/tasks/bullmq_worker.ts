/** A contestant: takes jobs with BullMQ, without isopool. Arguments: socket of Redis, queue, jobs at a time, task. */
import { Worker } from "bullmq";
import { Redis } from "ioredis";
import * as tasks from "./tasks.mjs";

const [path, queue, concurrency, name] = Deno.args;
const task = tasks[name as keyof typeof tasks] as (arg: unknown) => unknown;
new Worker(queue, (job: { data: { arg: unknown } }) => Promise.resolve(task(job.data.arg)), {
  connection: new Redis({ path, maxRetriesPerRequest: null }),
  concurrency: Number(concurrency),
});
