/**
 * Python: 1000 downloads on a `ThreadPoolExecutor`, with `tqdm` for the progress and `@retry` for the bad days.
 *
 * A real server answers 503 now and then, breaks connections in the middle of a file, and once does not answer at all.
 * `pooled` keeps 24 downloads going, tries again what failed, and gives up on an attempt that takes too long. A file gets
 * its name when it is whole; at the end every file has the sum that the server publishes.
 */
import { createHash } from "node:crypto";
import { assert, assertEquals } from "@std/assert";
import { pooled } from "@isopool/isopool";
import { flakyServer, troubles } from "./support/flaky_server.ts";
import { bar, milestone, status } from "./support/status.ts";
import { TempFolder } from "./support/temp.ts";

const FILES = 1_000;
await using server = await flakyServer(FILES);
using folder = new TempFolder();
const ids = Array.from({ length: FILES }, (_, id) => id);

let attempts = 0;

async function download(id: number, { signal, attempt }: { signal: AbortSignal; attempt: number }): Promise<number> {
  attempts++;
  const response = await fetch(server.url(id), { signal });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`status ${response.status}`);
  }
  const part = folder.file(`${id}.part`);
  await Deno.writeFile(part, response.body!, { signal });
  await Deno.rename(part, folder.file(`${id}.bin`));
  return attempt;
}

const made = await pooled(ids, download, {
  concurrency: 24,
  timeout: 1_500,
  retry: { maxAttempts: 6, minTimeout: 10, maxTimeout: 200 },
  progress: {
    update: ({ done, total = FILES }) => {
      const line = `${bar(done / total)} ${done}/${total}`;
      if (done % 250 === 0) milestone(line);
      else status(line);
    },
    end: () => status(""),
  },
});

const again = made.filter((attempt) => attempt > 1).length;
console.log(`${FILES} files in ${attempts} attempts, ${again} of them not at the first`);
const sums = await pooled(ids, async (id) => {
  return createHash("sha256").update(await Deno.readFile(folder.file(`${id}.bin`))).digest("hex");
});
assertEquals(sums, server.sums);
console.log("every sum is right");

const bad = ids.filter((id) => troubles(id).length > 0);
const expected = FILES + bad.reduce((sum, id) => sum + troubles(id).length, 0);
for (const id of bad) assert(made[id] > troubles(id).length, `${id} at attempt ${made[id]}`);
assert(attempts >= expected, `${attempts} attempts`); // More, on a machine that is busy enough to miss a timeout.
assertEquals(server.requests, attempts);
assertEquals([...Deno.readDirSync(folder.path)].filter(({ name }) => name.endsWith(".bin")).length, FILES);
