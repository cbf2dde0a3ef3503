/** SIGKILL of random worker processes, from outside. */
import { assert, assertEquals } from "@std/assert";
import v8 from "node:v8";
import vm from "node:vm";
import { Pool } from "@isopool/isopool";
import { killAndCount, killWhile } from "../../bench/soak/processes.ts";
import { onLinux } from "../support/proc.ts";
import { test, until } from "../support/within.ts";
import { lives, own } from "./kit.ts";
import { rounds } from "../support/rounds.ts";

const TASKS = rounds(250, 1_000);
const KILLS = rounds(20, 100);
const LONG = { ignore: !onLinux, deadline: 240_000 };

// `deno task soak:processes`: 10,000 tasks, and 1,000 kills.
test(`kill -9 of random children during ${TASKS} tasks: retry loses none`, async () => {
  const { lost, kills } = await killWhile(TASKS, 50);
  assertEquals(lost, 0);
  assert(kills > TASKS / 50, `${kills} kills`);
}, LONG);

test(
  `kill -9 of random children during ${TASKS} tasks without retry: none runs twice, the lost ones say so`,
  async () => {
    const { lost, repeated, kills } = await killWhile(TASKS, 0);
    assertEquals(repeated, 0);
    assert(kills > TASKS / 50 && lost <= kills, `${kills} kills, ${lost} lost`);
  },
  LONG,
);

test(`${KILLS} kills leave no process, descriptor, resource or file behind`, async () => {
  v8.setFlagsFromString("--expose-gc");
  (globalThis as { gc?: unknown }).gc = vm.runInNewContext("gc");
  const { before, after, slope } = await killAndCount(KILLS);
  assertEquals(after, before);
  console.log(`      ${slope} bytes a kill`);
}, LONG);

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

test(
  "where the script may not run a shell, a spinning child ends with a script that is killed, too: bound 5 s",
  async () => {
    const report = Deno.makeTempFileSync();
    const text = `
    import { Pool, tasks } from ${JSON.stringify(import.meta.resolve("../../mod.ts"))};
    const own = tasks(${JSON.stringify(import.meta.resolve("./tasks.ts"))});
    const pool = new Pool({ backend: "process", workers: 1, permissions: { write: true } });
    await pool.submit(own.reportAndSpin, ${JSON.stringify(report)});`;
    const script = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--allow-read",
        "--allow-write",
        "--allow-env",
        `--allow-run=${Deno.execPath()}`,
        "--no-check",
        "--import-map=npm.import_map.json",
        `data:text/javascript,${encodeURIComponent(text)}`,
      ],
      stdin: "null",
    }).spawn();
    await until(() => Deno.readTextFileSync(report) !== "", "the task runs");
    const pid = Number(Deno.readTextFileSync(report));
    assert(lives(pid), "it lives");
    script.kill("SIGKILL");
    await script.status;
    await until(() => !lives(pid), "it is gone", 5_000);
    Deno.removeSync(report);
  },
  { ignore: !onLinux },
);

test("a stopped task takes along a browser with its processes: bound 5 s", async () => {
  const folder = Deno.makeTempDirSync();
  const env = { PATH: Deno.env.get("PATH")!, HOME: folder };
  await using pool = new Pool({ backend: "process", workers: 1, killGrace: 0, env });
  const future = pool.submit(own.browse, folder);
  const browser = () => processesWith(folder);
  await until(() => browser().length >= 5, () => `the browser has ${browser().length} processes`, 30_000);
  future.cancel();
  await until(() => browser().length === 0, () => `${browser().length} are left`, 5_000);
  await until(() => remove(folder), "its folder is free");
}, { ignore: !exists("/usr/bin/chromium") && "it needs chromium", deadline: 60_000 });

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

/** Returns the processes that live and have a text in their command. */
function processesWith(text: string): number[] {
  const ids = [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter((id) => id > 0 && id !== Deno.pid);
  return ids.filter((id) => {
    try {
      return Deno.readTextFileSync(`/proc/${id}/cmdline`).includes(text) && lives(id);
    } catch {
      return false; // It has ended.
    }
  });
}

function remove(folder: string): boolean {
  try {
    Deno.removeSync(folder, { recursive: true });
    return true;
  } catch {
    return false; // A process that ends has written into it.
  }
}
