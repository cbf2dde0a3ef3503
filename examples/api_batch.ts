/**
 * Python: `with ThreadPoolExecutor(max_workers=4) as executor: results = list(executor.map(fetch_api, ids))`.
 *
 * `pooled` needs no pool and no worker. It runs at most four requests at a time, and gives results in the order of the
 * ids, with an error for each id that failed. The API is a real server with slow, broken and dead endpoints.
 */
import { assert, assertEquals } from "@std/assert";
import { pooled } from "@isopool/isopool";
import { deadUrl, localServer } from "./support/server.ts";

await using server = localServer();
const endpoints: Record<string, string> = {
  broken: server.url("/broken"),
  hanging: server.url("/hang"),
  dead: deadUrl(),
};

let inFlight = 0, maxInFlight = 0;

async function fetchApi(id: string, { signal }: { signal: AbortSignal }): Promise<unknown> {
  maxInFlight = Math.max(maxInFlight, ++inFlight);
  try {
    const url = endpoints[id] ?? server.url(`/get?id=${id}`);
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(500)]) });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return await response.json();
  } finally {
    inFlight--;
  }
}

const ids = ["id1", "hanging", "id2", "broken", "id3", "dead", "id4", "id5"];
const results = await pooled(ids, fetchApi, { concurrency: 4, onError: "settle" });

results.forEach((result, i) => {
  console.log(ids[i].padEnd(8), result.status === "fulfilled" ? result.value : `failed: ${result.reason}`);
});
console.log(`at most ${maxInFlight} at a time`);

assertEquals(results.map(({ status }) => status === "fulfilled"), ids.map((id) => id.startsWith("id")));
assertEquals(results[4], { status: "fulfilled", value: { id: "id3" }, index: 4 });
const reason = (id: string) => (results[ids.indexOf(id)] as PromiseRejectedResult).reason as Error;
assertEquals(reason("hanging").name, "TimeoutError");
assertEquals(reason("broken").message, "502 Bad gateway");
assert(reason("dead") instanceof TypeError);
assertEquals(maxInFlight, 4);
