/**
 * The contestant comlink over Web Workers, under Deno. It is no pool: this driver gives each worker a call in turn.
 *
 * @module
 */
import { Unavailable } from "../workloads/adapter.mjs";
import { serve } from "./driver.mjs";
import { peer } from "./peer.mjs";

await serve(async () => {
  const { transfer, wrap } = await peer("npm:comlink@4.4.2").catch((error) => {
    throw new Unavailable(error.message);
  });
  return {
    open(count, name) {
      const workers = Array.from(
        { length: count },
        () => new Worker(new URL("../tasks/comlink.mjs", import.meta.url), { type: "module" }),
      );
      const remotes = workers.map((worker) => wrap(worker));
      let turn = 0;
      return {
        run: (arg) => remotes[turn++ % count][name](arg),
        move: (bytes) => remotes[turn++ % count][name](transfer(bytes, [bytes.buffer])),
        bounce: (bytes) => remotes[turn++ % count].bounce(transfer(bytes, [bytes.buffer])),
        close: () => workers.forEach((worker) => worker.terminate()),
      };
    },
  };
});
