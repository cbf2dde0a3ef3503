/**
 * Python: `pool = ThreadPoolExecutor(5)`, `for url in url_list: pool.submit(task, url)`, and nothing more: the script
 * neither waits for the futures nor reads them. In Python their failures are lost.
 *
 * Here the script ends when the last of the eight tasks has ended, and a failure that was never read is reported then, with
 * the line that submitted the task. With `--broken` one of the URLs fails.
 */
import { assert, assertEquals } from "@std/assert";
import { Pool, tasks } from "@isopool/isopool";
import { localServer } from "./support/server.ts";

const { download } = tasks<typeof import("./tasks/download.ts")>(import.meta.resolve("./tasks/download.ts"));

const server = localServer();
server.unref(); // The script may end although the server runs.
const urlList = Array.from({ length: 8 }, () => server.url("/slow?ms=300"));
if (Deno.args.includes("--broken")) urlList[3] = server.url("/broken");

let ended = 0;
const pool = new Pool(5);
pool.addEventListener("taskend", () => ended++);
for (const url of urlList) pool.submit(download, url);

console.log(`${urlList.length} submitted, this is the last line of the script`);

globalThis.addEventListener("unload", () => {
  console.log(`${ended} ended, at most ${server.maxInFlight} at a time`);
  assertEquals(ended, urlList.length);
  assert(server.maxInFlight <= 5);
});
