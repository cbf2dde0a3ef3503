import { assertEquals, assertMatch } from "@std/assert";
import { checkpointFile } from "../support/checkpoint_file.ts";
import { runScript } from "../support/script.ts";
import { test } from "../support/within.ts";

/**
 * Arguments: kind of map, kind of reader, file of the checkpoint. The record of the second item is large, and the item ends
 * within the millisecond for which records are gathered. A reader that leaves does so before the third item ends.
 */
const SCRIPT = `
import { inline, Pool, pooled } from "@isopool/isopool";
const [kind, reader, checkpoint] = Deno.args;
const work = async (n) => {
  for (let turn = 0; turn < n; turn++) await new Promise((resolve) => setImmediate(resolve));
  if (n === 2) await new Promise(() => {});
  return n === 0 ? "" : "x".repeat(100_000);
};
const pool = new Pool(1);
const items = reader === "leave" ? [0, 1, 2] : [0, 1];
const results = kind === "pooled"
  ? pooled(items, work, { checkpoint })
  : pool.map(inline(work), items, { checkpoint, chunkSize: 1 });
try {
  let read = 0;
  if (reader === "await") await results;
  else for await (const _ of results) if (++read === 2 && reader === "leave") break;
  console.log("no error");
} finally {
  // The third item never ends by itself.
  await pool.terminate();
}
`;

/** Where a file may have at most some KiB, a larger write fails, as on a full disk. */
const SMALL_FILES = "ulimit -f 16; trap '' XFSZ";

for (const kind of ["pooled", "map"]) {
  for (const reader of ["await", "loop", "leave"]) {
    test(
      `${kind}({ checkpoint }), ${reader}: a last record that cannot be written fails the map, though its results were read`,
      async () => {
        await using file = await checkpointFile();
        const options = { shell: SMALL_FILES, permissions: ["-A", "--no-code-cache"], args: [kind, reader, file.path] };
        const { code, stderr } = await runScript(SCRIPT, { ...options, deadline: 50_000 });
        assertMatch(stderr, /File too large/);
        assertEquals(code, 1, stderr);
        // The header, the first record, and a part of the second.
        assertEquals((await file.text()).split("\n").length, 3);
      },
      { deadline: 60_000, ignore: Deno.build.os !== "linux" },
    );
  }
}
