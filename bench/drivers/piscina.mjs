/**
 * The contestant piscina, under Node.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { serve } from "./driver.mjs";
import { peer } from "./peer.mjs";

const { Piscina } = await peer("piscina");
const filename = fileURLToPath(new URL("../tasks/tasks.mjs", import.meta.url));
const bounce = fileURLToPath(new URL("../tasks/bounce_piscina.mjs", import.meta.url));

await serve(() => ({
  open(threads, name) {
    const pool = new Piscina({ filename, name, minThreads: threads, maxThreads: threads });
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
