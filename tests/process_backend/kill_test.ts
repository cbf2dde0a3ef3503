/** SIGKILL of random worker processes, from outside. */
import { assert, assertEquals } from "@std/assert";
import { Pool, WorkerCrashedError } from "@isopool/isopool";
import { onLinux } from "../support/proc.ts";
import { test, until } from "../support/within.ts";
import { childrenOf, lives, openDescriptors, own } from "./kit.ts";

const TASKS = 1_000;
/** So many results between two kills. */
const STRIDE = 25;

/** Kills a random worker process after each STRIDE results. Returns how many. */
async function withKills<T>(results: AsyncIterable<T>, each: (result: T) => void): Promise<number> {
  let count = 0, kills = 0;
  for await (const result of results) {
    each(result);
    if (++count % STRIDE !== 0) continue;
    const children = childrenOf(Deno.pid);
    const victim = children[Math.floor(Math.random() * children.length)];
    if (victim === undefined) continue;
    Deno.kill(victim, "SIGKILL");
    kills++;
  }
  return kills;
}

test(`kill -9 of random children during ${TASKS} tasks: retry loses none, and nothing is left behind`, async () => {
  const file = Deno.makeTempFileSync();
  // What the first pool loads once stays open.
  {
    await using warm = new Pool({ backend: "process", workers: 1 });
    await warm.submit(own.mark, file, 0);
  }
  const before = openDescriptors();
  {
    await using pool = new Pool({ backend: "process", workers: 3 });
    const seen: number[] = [];
    const numbers = Array.from({ length: TASKS }, (_, id): [string, number] => [file, id]);
    const kills = await withKills(pool.starmap(own.mark, numbers, { retry: 50 }), (id) => seen.push(id));
    assertEquals(seen, numbers.map(([, id]) => id));
    assert(kills > TASKS / STRIDE / 2, `${kills} kills`);
  }
  await until(() => childrenOf(Deno.pid).length === 0, "no worker process is left");
  await until(() => openDescriptors() <= before, () => `${openDescriptors()} descriptors, before: ${before}`);
  Deno.removeSync(file);
}, { ignore: !onLinux, deadline: 240_000 });

test(
  `kill -9 of random children during ${TASKS} tasks without retry: none runs twice, the lost ones say so`,
  async () => {
    const file = Deno.makeTempFileSync();
    let lost = 0;
    const done = new Set<number>();
    {
      await using pool = new Pool({ backend: "process", workers: 3 });
      const numbers = Array.from({ length: TASKS }, (_, id): [string, number] => [file, id]);
      await withKills(pool.starmap(own.mark, numbers, { onError: "settle" }), (outcome) => {
        if (outcome.status === "fulfilled") return void done.add(outcome.value);
        const error = outcome.reason as WorkerCrashedError;
        assert(error instanceof WorkerCrashedError, String(error));
        assertEquals([error.reason, error.signal], ["terminated", "SIGKILL"]);
        lost++;
      });
    }
    assertEquals(done.size + lost, TASKS);
    const runs = Deno.readTextFileSync(file).trimEnd().split("\n").map(Number);
    assertEquals(runs.length, new Set(runs).size, "no task has run twice");
    assert([...done].every((id) => runs.includes(id)), "what is done has run");
    Deno.removeSync(file);
  },
  { ignore: !onLinux, deadline: 240_000 },
);

test("a stopped task takes along what it has started: bound 5 s", async () => {
  const report = Deno.makeTempFileSync();
  Deno.removeSync(report);
  await using pool = new Pool({ backend: "process", workers: 1, killGrace: 10 });
  const future = pool.submit(own.spinBeside, report);
  await until(() => exists(report), "the task runs");
  const pids = Deno.readTextFileSync(report).split(" ").map(Number);
  assert(pids.every(lives), "both live");
  future.cancel();
  await until(() => !pids.some(lives), "both are gone", 5_000);
  Deno.removeSync(report);
}, { ignore: !onLinux });

test(
  "the children of a script that is killed end although they spin, with what they have started: bound 5 s",
  async () => {
    const report = Deno.makeTempFileSync();
    Deno.removeSync(report);
    const text = `
    import { Pool, tasks } from ${JSON.stringify(import.meta.resolve("../../mod.ts"))};
    const own = tasks(${JSON.stringify(import.meta.resolve("./tasks.ts"))});
    await using pool = new Pool({ backend: "process", workers: 1 });
    await pool.submit(own.spinBeside, ${JSON.stringify(report)});`;
    const script = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-check",
        "--import-map=npm.import_map.json",
        `data:text/javascript,${encodeURIComponent(text)}`,
      ],
      stdin: "null",
    }).spawn();
    await until(() => exists(report), "the task runs");
    const pids = Deno.readTextFileSync(report).split(" ").map(Number);
    assert(pids.every(lives), "both live");
    const start = performance.now();
    script.kill("SIGKILL");
    await script.status;
    await until(() => !pids.some(lives), "both are gone", 5_000);
    console.log(`      ended after ${Math.round(performance.now() - start)} ms`);
    Deno.removeSync(report);
  },
  { ignore: !onLinux },
);

test("a script that ends with an open, idle pool leaves no process behind: bound 5 s", async () => {
  const text = `
    import { inline, Pool } from ${JSON.stringify(import.meta.resolve("../../mod.ts"))};
    const pool = new Pool({ backend: "process", workers: 2, permissions: "inherit" });
    console.log((await pool.broadcast(inline(() => Deno.pid))).join(" "));`;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "--import-map=npm.import_map.json",
      `data:text/javascript,${encodeURIComponent(text)}`,
    ],
    stdin: "null",
  }).output();
  const pids = new TextDecoder().decode(stdout).trim().split(" ").map(Number);
  assertEquals([code, pids.length], [0, 2]);
  await until(() => !pids.some(lives), "both are gone", 5_000);
}, { ignore: !onLinux });

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
