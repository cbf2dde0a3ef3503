/**
 * Managers in scripts of their own: what keeps a script alive, what remains, what cannot be stopped.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { runScript } from "../support/script.ts";
import { test } from "../support/within.ts";

const TASKS = JSON.stringify(import.meta.resolve("./tasks.ts"));
const permissions = ["-A", "--unstable-worker-options"];

test("an idle manager lets the script end, closed or not; a pending call keeps it alive", async () => {
  const { code, late, stdout, stderr } = await runScript(`
    import { Manager } from "@isopool/isopool";
    class Slow {
      wait(ms) { return new Promise((resolve) => setTimeout(resolve, ms).unref()); }
    }
    const manager = new Manager();
    const list = manager.list([1]);
    await list.push(2);
    const slow = manager.register(Slow)();
    await slow.wait(300);
    console.log("waited");
    // An open transaction that never ends does not keep the script alive: it is no pending call.
    void list.transaction(() => new Promise(() => {}));
    console.log(await manager.value(5).get());
  `);
  assertEquals({ code, late, stdout, stderr }, { code: 0, late: false, stdout: "waited\n5\n", stderr: "" });
});

test("the calls of a pool's tasks keep the script alive; then it ends, though pool and manager are not closed", async () => {
  const { code, late, stdout } = await runScript(`
    import { Manager, Pool, tasks } from "@isopool/isopool";
    const { append } = tasks(${TASKS});
    const list = new Manager().list();
    const pool = new Pool(2);
    Promise.all([pool.submit(append, list, 0, 500), pool.submit(append, list, 500, 500)])
      .then(async () => console.log(await list.length()));
  `);
  assertEquals([code, late, stdout], [0, false, "1000\n"]);
});

test("the transaction of a scoped worker that spins and cannot be stopped is undone", async () => {
  const { code, late, stdout, stderr } = await runScript(
    `
    import { Manager, Pool, SharedEvent, tasks } from "@isopool/isopool";
    const { dieInTransaction } = tasks(${TASKS});
    const list = new Manager().list(["whole"]);
    const inside = new SharedEvent();
    const pool = new Pool({ workers: 1, permissions: "none", killGrace: 0 });
    const victim = pool.submit(dieInTransaction, list, inside, "spin");
    await inside.wait();
    victim.cancel();
    await victim.catch((error) => console.log(error.name));
    console.log(await list.push("next"), await list.toArray());
  `,
    { permissions },
  );
  assertEquals([code, late, stdout], [0, false, 'CancelledError\n2 [ "whole", "next" ]\n'], stderr);
});

test("a thread's client is collected with the last of its proxies, and created again with the next", async () => {
  const { stdout, stderr, code } = await runScript(
    `
    import v8 from "node:v8";
    import { Manager, Pool, tasks } from "@isopool/isopool";
    v8.setFlagsFromString("--expose-gc");
    const { remember, isCollected } = tasks(${JSON.stringify(import.meta.resolve("./hostile_tasks.ts"))});
    const manager = new Manager();
    const list = manager.list([1]);
    const pool = new Pool(1);
    for (let round = 0; round < 3; round++) {
      await pool.submit(remember, list);
      while (!await pool.submit(isCollected));
    }
    console.log("gone");
  `,
  );
  assertEquals([code, stdout], [0, "gone\n"], stderr);
});
