/**
 * What waiting means for the script: what holds it, and what is left behind.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { runScript } from "../support/script.ts";
import { test } from "../support/within.ts";

test("a waiting task keeps the script alive; one that gave up does not", async () => {
  const source = `
    import { Lock, SharedEvent } from "@isopool/isopool";
    const event = new SharedEvent();
    const lock = new Lock();
    lock.tryAcquire();
    await lock.acquire({ timeout: 5 }).catch((error) => console.log(error.name));
    await lock.acquire({ signal: AbortSignal.timeout(5) }).catch((error) => console.log(error.name));
    // Nothing but the wait itself is left to hold the script.
    const timer = setTimeout(() => event.set(), 300);
    timer.unref();
    await event.wait();
    console.log("passed");
  `;
  const { stdout, stderr, code, late } = await runScript(source);
  assertEquals({ stdout, stderr, code, late }, {
    stdout: "WaitTimeoutError\nTimeoutError\npassed\n",
    stderr: "",
    code: 0,
    late: false,
  });
});

test("100,000 that give up leave nothing behind", async () => {
  const source = `
    import v8 from "node:v8";
    import vm from "node:vm";
    import { Lock, Semaphore } from "@isopool/isopool";
    const lock = new Lock();
    lock.tryAcquire();
    v8.setFlagsFromString("--expose-gc");
    const collect = vm.runInNewContext("gc");
    const measure = () => { collect(); return Deno.memoryUsage().rss / 2 ** 20; };
    async function giveUp(times) {
      for (let i = 0; i < times; i++) {
        const controller = new AbortController();
        const waits = (i % 2 === 0 ? lock : new Semaphore(0)).acquire({ signal: controller.signal });
        controller.abort();
        await waits.catch(() => {});
        // The runtime drops entries when its loop turns.
        if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve));
      }
    }
    await giveUp(20_000);
    const before = measure();
    await giveUp(100_000);
    console.log(Math.round(measure() - before));
  `;
  const { stdout, stderr } = await runScript(source, { deadline: 90_000 });
  const grown = Number(stdout);
  assert(stdout !== "" && grown < 12, `${grown} MiB more\n${stderr}`);
}, { deadline: 100_000 });
