import { assert, assertEquals, assertMatch } from "@std/assert";
import { checkpointFile } from "../support/checkpoint_file.ts";
import { MUST_HAPPEN, test, until } from "../support/within.ts";

const ROOT = new URL("../../", import.meta.url);
const ITEMS = 400;

/** The task: notes each run in a file, before and after. */
const TASKS = `
export async function work([notes, item]: [string, number]): Promise<number> {
  Deno.writeTextFileSync(notes, \`+\${item}\\n\`, { append: true });
  await new Promise((resolve) => setTimeout(resolve, 1));
  Deno.writeTextFileSync(notes, \`-\${item}\\n\`, { append: true });
  return item * 2;
}
`;
/** The script: maps the items with a checkpoint. Arguments: kind of map, file of the checkpoint, file of the notes. */
const MAIN = `
import { Pool, pooled, tasks } from "@isopool/isopool";
import { work } from "./tasks.ts";
const [kind, path, notes] = Deno.args;
const view = tasks<typeof import("./tasks.ts")>(import.meta.resolve("./tasks.ts"));
const items = Array.from({ length: ${ITEMS} }, (_, n) => [notes, n]);
const checkpoint = { path, key: ([, n]) => String(n) };
await using pool = new Pool(2);
const results = kind === "pooled"
  ? pooled(items, work, { checkpoint, concurrency: 4 })
  : kind === "imap" ? pool.imap(view.work, items, { checkpoint, buffer: 8 }) : pool.map(view.work, items, { checkpoint, chunkSize: 4 });
const got = [];
for await (const result of results) got.push(result);
console.log(JSON.stringify(got));
`;

interface Script extends AsyncDisposable {
  /** @param shell Commands that a shell runs first. */
  start(args: string[], shell?: string): Deno.ChildProcess;
}

async function script(): Promise<Script> {
  const folder = await Deno.makeTempDir({ prefix: "isopool-test-" });
  await Deno.writeTextFile(`${folder}/tasks.ts`, TASKS);
  await Deno.writeTextFile(`${folder}/main.ts`, MAIN);
  const map = new URL("npm.import_map.json", ROOT).href;
  const flags = ["run", "--quiet", "--no-check", "--no-lock", `--import-map=${map}`, "-A", `${folder}/main.ts`];
  return {
    start: (args, shell) =>
      new Deno.Command(shell ? "sh" : Deno.execPath(), {
        args: shell ? ["-c", `${shell}; exec "$@"`, "sh", Deno.execPath(), ...flags, ...args] : [...flags, ...args],
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
        env: { NO_COLOR: "1" },
      }).spawn(),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

const linesOf = (path: string) => Deno.readTextFile(path).then((text) => text.split("\n").length - 1, () => 0);

/**
 * Number of items that may be running or waiting in a worker, or have ended within the last millisecond (4, or 8). In `map`
 * each of 2 workers has a chunk of 4 that runs, and one that waits.
 */
const RUNNING = { pooled: 4 + 4, map: 2 * 2 * 4 + 4, imap: 8 + 8 };

for (const kind of ["map", "imap", "pooled"] as const) {
  test(
    `${kind}({ checkpoint }): after each of 4 kill -9 the next run loses at most what was running, and the last gives all results in order`,
    async () => {
      await using file = await checkpointFile();
      await using main = await script();
      const notes = `${file.path}.notes`;
      const args = [kind, file.path, notes];
      for (let kill = 1; kill <= 4; kill++) {
        const child = main.start(args);
        const output = child.output();
        // Some items are recorded, others are running.
        await until(async () => await linesOf(file.path) > kill * 60, "more items are recorded", 3 * MUST_HAPPEN);
        child.kill("SIGKILL");
        assertEquals((await output).signal, "SIGKILL");
      }
      assert(await linesOf(file.path) < ITEMS, "the kills came before the end");
      const { code, stdout, stderr } = await main.start(args).output();
      assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
      const results = JSON.parse(new TextDecoder().decode(stdout));
      assertEquals(results, Array.from({ length: ITEMS }, (_, n) => 2 * n));
      // Every item has run to its end, and only those that were running have run twice.
      const ended = (await Deno.readTextFile(notes)).split("\n").filter((line) => line.startsWith("-"));
      assertEquals(new Set(ended).size, ITEMS);
      const twice = ended.length - ITEMS;
      assert(twice <= 4 * RUNNING[kind], `${twice} items ran to their end again after 4 kills`);
    },
    { deadline: 120_000, ignore: Deno.build.os === "windows" ? "it kills by a signal" : false },
  );
}

test("a run while another process has the checkpoint is refused; a killed run does not block the next", async () => {
  await using file = await checkpointFile();
  await using main = await script();
  const args = ["pooled", file.path, `${file.path}.notes`];
  const child = main.start(args);
  const output = child.output();
  await until(async () => await linesOf(file.path) > 2, "the first run has begun", 3 * MUST_HAPPEN);
  // So that it does not end before the second one begins.
  child.kill("SIGSTOP");
  assert(await linesOf(file.path) < ITEMS, "it is in the middle");
  const second = await main.start(args).output();
  assertEquals(second.code, 1);
  assertMatch(new TextDecoder().decode(second.stderr), /CheckpointError: .*another run has the checkpoint/);
  child.kill("SIGKILL");
  await output;
  assertEquals((await main.start(args).output()).code, 0);
}, { deadline: 60_000, ignore: Deno.build.os === "windows" ? "it kills by a signal" : false });

test(
  "a full disk (here: a limit of the file's size) fails the run; the next one goes on from what was written",
  async () => {
    await using file = await checkpointFile();
    await using main = await script();
    const args = ["map", file.path, "/dev/null"];
    // 4 blocks of 512 bytes, or of 1,024 in some shells: fewer than the records take.
    const full = await main.start(args, "ulimit -f 4; trap '' XFSZ").output();
    assertEquals(full.code, 1);
    assertMatch(new TextDecoder().decode(full.stderr), /File too large/);
    const written = await linesOf(file.path);
    assert(written > 10 && written < ITEMS, `${written} lines were written`);
    const { code, stdout } = await main.start(args).output();
    assertEquals([code, JSON.parse(new TextDecoder().decode(stdout)).length], [0, ITEMS]);
    assertEquals((await file.records()).length, ITEMS);
  },
  { deadline: 60_000, ignore: Deno.build.os !== "linux" },
);
