/**
 * The contestant threads, under Node.
 *
 * @module
 */
import { serve } from "./driver.mjs";
import { peer } from "./peer.mjs";

const { Pool, spawn, Transfer, Worker } = await peer("threads");

await serve(() => ({
  open(workers, name) {
    // The library resolves the path relative to this file.
    const pool = Pool(() => spawn(new Worker("../tasks/threads.mjs")), workers);
    return {
      run: (arg) => pool.queue((tasks) => tasks[name](arg)),
      move: (bytes) => pool.queue((tasks) => tasks[name](Transfer(bytes, [bytes.buffer]))),
      close: () => pool.terminate(true),
    };
  },
}));
