/** What a worker process writes when its event loop does not turn, or when the host takes it slowly. */
import { assert, assertEquals } from "@std/assert";
import { Pool, Queue } from "@isopool/isopool";
import { test } from "../support/within.ts";
import { own } from "./kit.ts";

test("progress of a loop that never waits arrives while it runs: 140 reports", async () => {
  const folder = Deno.makeTempDirSync();
  await using pool = new Pool({ backend: "process", workers: 1 });
  const onProgress = (done: number) => {
    if (done >= 140) Deno.writeTextFileSync(`${folder}/seen`, "");
  };
  assert(await pool.submit(own.reportUntil.with({ onProgress }), `${folder}/seen`) >= 140);
  Deno.removeSync(folder, { recursive: true });
});

test("500 requests that were not awaited reach the host before the worker blocks for an answer", async () => {
  await using pool = new Pool({ backend: "process", workers: 1 });
  const numbers = await pool.submit(own.putThenGet, new Queue<number>(), 500);
  assertEquals(numbers, Array.from({ length: 500 }, (_, n) => n));
});

for (const length of [2_000_000, 20_000_000]) {
  test(`a result of ${length} bytes is what the task returned, although it changes the bytes afterwards`, async () => {
    await using pool = new Pool({ backend: "process", workers: 1 });
    const bytes = await pool.submit(own.returnThenChange, length);
    assertEquals([bytes.length, bytes.every((byte) => byte === 1)], [length, true]);
  });
}

const MEMORY = "/dev/shm";
const memoryFiles = (): string[] =>
  Deno.build.os === "linux" && Deno.build.arch === "x86_64"
    ? [...Deno.readDirSync(MEMORY)].map(({ name }) => name).filter((name) => name.startsWith("isopool-memory-"))
    : [];

test("a memory file has no name once its worker runs, and a worker with a scope has none", async () => {
  const filesOf = (pid: number) =>
    [...Deno.readDirSync(`/proc/${pid}/fd`)].map(({ name }) => {
      try {
        return Deno.readLinkSync(`/proc/${pid}/fd/${name}`);
      } catch {
        return ""; // It was closed meanwhile.
      }
    }).filter((path) => path.includes("isopool-memory-"));
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") return;
  for (const permissions of [undefined, "none"] as const) {
    await using pool = new Pool({ backend: "process", workers: 1, permissions });
    const before = filesOf(Deno.pid).length;
    assertEquals(await pool.submit(own.echo, 1), 1);
    const files = filesOf(Deno.pid).slice(before);
    assertEquals(files.map((path) => path.endsWith("(deleted)")), permissions === undefined ? [true] : []);
  }
});

test("timers of a worker run while calls follow one another at once", async () => {
  await using pool = new Pool({ backend: "process", workers: 1 });
  await pool.submit(own.startTicks);
  for (let i = 0; i < 3_000; i++) assertEquals(await pool.submit(own.echo, i), i);
  const first = await pool.submit(own.ticks);
  for (let i = 0; i < 3_000; i++) assertEquals(await pool.submit(own.echo, i), i);
  assert(await pool.submit(own.ticks) > first);
});

test("what a killed script has left of its connections is removed by a later one when it is an hour old", async () => {
  const TMPDIR = Deno.makeTempDirSync();
  const run = async (end: string) => {
    const code = `import { Pool, tasks } from "@isopool/isopool";
      await using pool = new Pool({ backend: "process", workers: 1 });
      const call = pool.submit(tasks(${JSON.stringify(import.meta.resolve("./tasks.ts"))}).echo, 1);
      ${end}`;
    const args = ["eval", "--import-map=npm.import_map.json", code];
    await new Deno.Command(Deno.execPath(), { args, env: { TMPDIR } }).output();
    return [...Deno.readDirSync(TMPDIR)].map(({ name }) => name).filter((name) => name.startsWith("isopool-"));
  };
  const killed = `for (;;) {
    if ([...Deno.readDirSync(${JSON.stringify(TMPDIR)})].length > 0) Deno.kill(Deno.pid, "SIGKILL");
    await new Promise(setImmediate);
  }`;
  const before = memoryFiles();
  const [old] = await run(killed);
  assert(old);
  const oldFiles = memoryFiles().filter((name) => !before.includes(name));
  const past = new Date(Date.now() - 2 * 3_600_000);
  for (const path of [`${TMPDIR}/${old}`, ...oldFiles.map((name) => `${MEMORY}/${name}`)]) {
    Deno.utimeSync(path, past, past);
  }
  // One that is as young as that of a worker which starts at the moment.
  Deno.mkdirSync(`${TMPDIR}/${old}0`);
  // What somebody else could have made: a link to a folder with a file of the same name.
  const others = Deno.makeTempDirSync();
  Deno.writeTextFileSync(`${others}/s`, "");
  await new Deno.Command("ln", { args: ["-s", others, `${TMPDIR}/${old}1`] }).output();
  await new Deno.Command("touch", { args: ["-h", "-d", "2 days ago", `${TMPDIR}/${old}1`] }).output();
  assertEquals((await run("await call;")).sort(), [`${old}0`, `${old}1`]);
  assertEquals(Deno.readTextFileSync(`${others}/s`), "");
  assertEquals(memoryFiles().filter((name) => oldFiles.includes(name)), []);
  for (const folder of [TMPDIR, others]) Deno.removeSync(folder, { recursive: true });
});
