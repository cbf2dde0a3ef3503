/**
 * The contestant poolifier, under Node. This file is its worker script as well.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";
import * as tasks from "../tasks/tasks.mjs";
import { serve } from "./driver.mjs";
import { peer } from "./peer.mjs";

const { FixedThreadPool, ThreadWorker } = await peer("poolifier");
if (isMainThread) {
  await serve(() => ({
    open(workers, name) {
      const pool = new FixedThreadPool(workers, fileURLToPath(import.meta.url));
      return {
        run: (arg) => pool.execute(arg, name),
        move: (bytes) => pool.execute(bytes, name, undefined, [bytes.buffer]),
        close: () => pool.destroy(),
      };
    },
  }));
}

export default isMainThread ? undefined : new ThreadWorker({ ...tasks });
