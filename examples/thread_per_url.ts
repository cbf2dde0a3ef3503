/**
 * Python: `for url in url_list: threading.Thread(target=task, args=(url,)).start()`, and the same with processes.
 *
 * A worker per URL is a pool with as many workers as URLs. A smaller pool limits their number, and still runs every task:
 * the block ends when the last one has ended.
 */
import { assert, assertEquals } from "@std/assert";
import { type Future, Pool, tasks } from "@isopool/isopool";
import { localServer } from "./support/server.ts";

const { loadUrl } = tasks<typeof import("./tasks/load_url.ts")>(import.meta.resolve("./tasks/load_url.ts"));

await using server = localServer();
const urls = Array.from({ length: 8 }, () => server.url("/slow?ms=200"));

for (const workers of [urls.length, 3]) {
  let futures: Future<Uint8Array>[];
  {
    await using pool = new Pool(workers);
    futures = urls.map((url) => pool.submit(loadUrl, url));
  }
  assert(futures.every((future) => future.done));
  const used = new Set(futures.map((future) => future.workerId)).size;
  console.log(`${urls.length} URLs on ${used} workers`);
  assertEquals(used, workers);
}
