/**
 * The contestant workerpool, under Node. This file is its worker script as well.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";
import * as tasks from "../tasks/tasks.mjs";
import { serve } from "./driver.mjs";
import { peer } from "./peer.mjs";

const { default: workerpool } = await peer("workerpool");

if (isMainThread) {
  await serve(() => ({
    open(workers, name) {
      const pool = workerpool.pool(fileURLToPath(import.meta.url), {
        workerType: "thread",
        minWorkers: workers,
        maxWorkers: workers,
      });
      return {
        run: (arg) => pool.exec(name, [arg]),
        move: (bytes) => pool.exec(name, [bytes], { transfer: [bytes.buffer] }),
        bounce: (bytes) => pool.exec("bounce", [bytes], { transfer: [bytes.buffer] }),
        stoppable(arg) {
          const call = pool.exec(name, [arg]);
          return { stop: () => call.cancel().then(() => {}, () => {}) };
        },
        close: () => pool.terminate(true),
      };
    },
  }));
} else workerpool.worker({ ...tasks, bounce: (bytes) => new workerpool.Transfer(bytes, [bytes.buffer]) });
