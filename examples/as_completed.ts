/**
 * Python: `future_to_url = {executor.submit(load_url, url, 60): url for url in URLS}`, then
 * `for future in as_completed(future_to_url)` with try/except/else.
 *
 * Two of five URLs fail: one host is dead, one never answers and runs into its timeout. Each future has its own error, and
 * the others do not wait for them.
 */
import { assertEquals } from "@std/assert";
import { asCompleted, type Future, Pool, tasks } from "@isopool/isopool";
import { deadUrl, localServer } from "./support/server.ts";

const { loadUrl } = tasks<typeof import("./tasks/load_url.ts")>(import.meta.resolve("./tasks/load_url.ts"));

await using server = localServer();
const urls = [
  server.url("/slow?ms=50"),
  server.url("/get?id=1"),
  server.url("/hang"),
  server.url("/slow?ms=100"),
  deadUrl(),
];

await using pool = new Pool(5);
const futureToUrl = new Map<Future<Uint8Array>, string>();
for (const url of urls) futureToUrl.set(pool.submit(loadUrl.with({ timeout: 1_000 }), url), url);

const outcomes: Record<string, string> = {};
for await (const { future, ...end } of asCompleted(futureToUrl.keys(), { timeout: 60_000 })) {
  const url = futureToUrl.get(future)!;
  if (end.status === "fulfilled") {
    console.log(`${url} page is ${end.value.length} bytes`);
    outcomes[url] = `${end.value.length} bytes`;
  } else {
    console.log(`${url} failed: ${end.reason}`);
    outcomes[url] = (end.reason as Error).name;
  }
}
assertEquals(urls.map((url) => outcomes[url]), [
  "1000 bytes",
  "10 bytes",
  "TaskTimeoutError",
  "1000 bytes",
  "TypeError",
]);
