/**
 * Python: 1000 downloads on a `ThreadPoolExecutor`, with `tqdm` for the progress and `@retry` for failures.
 *
 * A real server sometimes answers 503, breaks connections in the middle of a file, and once does not answer at all.
 * `pooled` runs 24 downloads at a time, retries failed ones, and stops an attempt that takes too long. A file gets its
 * final name when it is complete; at the end every file has the checksum that the server publishes.
 */
import { createHash } from "node:crypto";
import { assert, assertEquals } from "@std/assert";
import { pooled } from "@isopool/isopool";
import { failuresOf, flakyServer } from "./support/flaky_server.ts";
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

const attemptOf = await pooled(ids, download, {
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

const retried = attemptOf.filter((attempt) => attempt > 1).length;
console.log(`${FILES} files in ${attempts} attempts, ${retried} of them with a retry`);
const sums = await pooled(ids, async (id) => {
  return createHash("sha256").update(await Deno.readFile(folder.file(`${id}.bin`))).digest("hex");
});
assertEquals(sums, server.sums);
console.log("every checksum is right");

const failing = ids.filter((id) => failuresOf(id).length > 0);
const expected = FILES + failing.reduce((sum, id) => sum + failuresOf(id).length, 0);
for (const id of failing) assert(attemptOf[id] > failuresOf(id).length, `${id} at attempt ${attemptOf[id]}`);
assert(attempts >= expected, `${attempts} attempts`); // More if a busy machine makes an attempt time out.
assertEquals(server.requests, attempts);
assertEquals([...Deno.readDirSync(folder.path)].filter(({ name }) => name.endsWith(".bin")).length, FILES);
