/**
 * Python: `asyncio.TaskGroup`, or `wait(futures, return_when=FIRST_EXCEPTION)` and a loop of `cancel()`, which stops no
 * running task.
 *
 * A report needs all of its pages. When one of them fails, the group cancels the others, also those that would wait for
 * ever, and the block ends with that failure.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Future, Pool, tasks } from "@isopool/isopool";
import { localServer } from "./support/server.ts";

const { download } = tasks<typeof import("./tasks/download.ts")>(import.meta.resolve("./tasks/download.ts"));

await using server = localServer();
await using pool = new Pool({ workers: 2, concurrencyPerWorker: 8 });

const states: string[] = [];

async function report(paths: string[]): Promise<number> {
  const pages: Future<number>[] = [];
  states.length = 0;
  try {
    await using group = pool.group();
    for (const path of paths) pages.push(group.submit(download, server.url(path)));
  } finally {
    states.push(...pages.map((page) => page.state));
  }
  return (await Promise.all(pages)).reduce((a, b) => a + b);
}

const bytes = await report(["/get?id=1", "/get?id=22", "/slow?ms=50"]);
console.log(`a report of ${bytes} bytes`);
assertEquals(bytes, 10 + 11 + 1_000);
assertEquals(states, ["finished", "finished", "finished"]);

const start = performance.now();
const error = await assertRejects(() => report(["/hang", "/hang", "/broken", "/hang", "/hang"]), Error);
console.log(`${error.message}; its siblings: ${states.join(", ")}`);
assertEquals(error.message, "Cannot download /broken: status 502");
assertEquals(states, ["cancelled", "cancelled", "finished", "cancelled", "cancelled"]);
assert(performance.now() - start < 20_000); // "/hang" never answers.
