import { assertEquals, assertMatch } from "@std/assert";
import { checkpointFile } from "../support/checkpoint_file.ts";
import { test } from "../support/within.ts";

const ROOT = new URL("../../", import.meta.url);

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

/** Runs the script where a file may have at most some KiB: a larger write fails, as on a full disk. */
async function run(kind: string, reader: string, path: string): Promise<[code: number, text: string]> {
  const folder = await Deno.makeTempDir({ prefix: "isopool-test-" });
  try {
    await Deno.writeTextFile(`${folder}/main.ts`, SCRIPT);
    const map = new URL("npm.import_map.json", ROOT).href;
    const { code, stdout, stderr } = await new Deno.Command("sh", {
      args: [
        ...["-c", `ulimit -f 16; trap '' XFSZ; exec "$@"`, "sh", Deno.execPath(), "run", "--quiet", "--no-check"],
        ...["--no-lock", "--no-code-cache", `--import-map=${map}`, "-A", `${folder}/main.ts`, kind, reader, path],
      ],
      stdin: "null",
      env: { NO_COLOR: "1" },
    }).output();
    return [code, [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("")];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const kind of ["pooled", "map"]) {
  for (const reader of ["await", "loop", "leave"]) {
    test(
      `${kind}({ checkpoint }), ${reader}: a last record that cannot be written fails the map, though its results were read`,
      async () => {
        await using file = await checkpointFile();
        const [code, text] = await run(kind, reader, file.path);
        assertMatch(text, /File too large/);
        assertEquals(code, 1, text);
        // The header, the first record, and a part of the second.
        assertEquals((await file.text()).split("\n").length, 3);
      },
      { deadline: 60_000, ignore: Deno.build.os !== "linux" },
    );
  }
}
