/**
 * The contestant tinypool, under Node.
 *
 * @module
 */
import { serve } from "./driver.mjs";
import { peer } from "./peer.mjs";

const { Tinypool } = await peer("tinypool");
const filename = new URL("../tasks/tasks.mjs", import.meta.url).href;
const bounce = new URL("../tasks/bounce_tinypool.mjs", import.meta.url).href;

await serve(() => ({
  open(threads, name) {
    const pool = new Tinypool({ filename, name, minThreads: threads, maxThreads: threads });
    return {
      run: (arg) => pool.run(arg),
      move: (bytes) => pool.run(bytes, { transferList: [bytes.buffer] }),
      bounce: (bytes) => pool.run(bytes, { transferList: [bytes.buffer], filename: bounce, name: "bounce" }),
      stoppable(arg) {
        const controller = new AbortController();
        const settled = pool.run(arg, { signal: controller.signal }).catch(() => {});
        return { stop: () => (controller.abort(), settled) };
      },
      close: () => pool.destroy(),
    };
  },
}));
