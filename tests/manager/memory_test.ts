/**
 * Resident memory after managers were used. The measurement needs an idle machine: tests/run.ts runs it on demand only.
 *
 * @module
 */
import { assert } from "@std/assert";
import { onLinux } from "../support/proc.ts";
import { runScript } from "../support/script.ts";
import { test } from "../support/within.ts";

const TASKS = JSON.stringify(import.meta.resolve("./tasks.ts"));
const ignore = !onLinux;

const MEASURE = `
  import v8 from "node:v8";
  import vm from "node:vm";
  v8.setFlagsFromString("--expose-gc");
  const gc = vm.runInNewContext("gc");
  const measure = async () => {
    for (let i = 0; i < 3; i++) { gc(); await new Promise((resolve) => setTimeout(resolve, 20)); }
    return Deno.memoryUsage().rss / 2 ** 20;
  };`;

test("100,000 calls and transactions of two threads leak no memory", async () => {
  const { stdout, stderr } = await runScript(
    `${MEASURE}
    import { Manager, Pool, tasks } from "@isopool/isopool";
    const { callMany } = tasks(${TASKS});
    const lists = [new Manager(), new Manager()].map((manager) => manager.list([0]));
    const pool = new Pool({ workers: 2 });
    const round = (times) => Promise.all(lists.map((list) => pool.submit(callMany, list, times)));
    await round(10_000);
    const before = await measure();
    await round(50_000);
    console.log(Math.round(await measure() - before));
    pool.terminate();
  `,
    { deadline: 200_000 },
  );
  // 15 MiB are 150 bytes for each call.
  assert(stdout !== "" && Number(stdout) < 15, `${stdout} MiB more\n${stderr}`);
}, { ignore, deadline: 220_000 });

test("closed managers, and 150 threads that died in a transaction, leak no memory", async () => {
  const { stdout, stderr } = await runScript(
    `${MEASURE}
    import { Manager, Pool, SharedEvent, tasks } from "@isopool/isopool";
    const { appendOne, dieInTransaction } = tasks(${TASKS});
    const survivor = new Pool({ workers: 1 });
    const victims = new Pool({ workers: 2 });
    const long = new Manager();
    const list = long.list([]);
    async function round(times) {
      for (let i = 0; i < times; i++) {
        using manager = new Manager();
        const short = manager.list([new Array(10_000).fill(i)]);
        await survivor.submit(appendOne, short, 1);
        const inside = new SharedEvent();
        const victim = victims.submit(dieInTransaction, list, inside, "exit").exception();
        await victim;
        if (await list.length() !== 0) throw new Error("half a transaction");
      }
    }
    await round(30);
    const before = await measure();
    await round(150);
    console.log(Math.round(await measure() - before));
    survivor.terminate();
    victims.terminate();
  `,
    { deadline: 200_000 },
  );
  // A dead thread of a pool itself leaves 10 to 20 KB on a loaded machine (ARCHITECTURE.md, A), and the reading varies by
  // 15 MiB. If 150 lists and the memory of their managers leaked, it would be 30 MiB more.
  assert(stdout !== "" && Number(stdout) < 25, `${stdout} MiB more\n${stderr}`);
}, { ignore, deadline: 220_000 });
