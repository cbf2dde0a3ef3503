/**
 * A wait keeps its script alive, and a wait that gave up leaves nothing behind.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { runScript } from "../support/script.ts";
import { test } from "../support/within.ts";

test("a wait keeps the script alive; one that gave up does not", async () => {
  const source = `
    import { Lock, SharedEvent } from "@isopool/isopool";
    const event = new SharedEvent();
    const lock = new Lock();
    lock.tryAcquire();
    await lock.acquire({ timeout: 5 }).catch((error) => console.log(error.name));
    await lock.acquire({ signal: AbortSignal.timeout(5) }).catch((error) => console.log(error.name));
    // Only the wait itself can keep the script alive.
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

test("each kind of wait keeps the script alive while it lasts, and no longer", async () => {
  const source = `
    import { Barrier, BoundedSemaphore, Condition, Lock, RLock, Semaphore, SharedEvent } from "@isopool/isopool";
    const [lock, rlock, semaphore, bounded] = [new Lock(), new RLock(), new Semaphore(1), new BoundedSemaphore(1)];
    const [event, barrier, condition] = [new SharedEvent(), new Barrier(2), new Condition()];
    // Only the wait itself can keep the script alive.
    const soon = (work) => void setTimeout(work, 120).unref();
    for (const each of [lock, rlock, semaphore, bounded]) {
      const guard = await each.acquire();
      soon(() => guard.release());
      await each.acquire();
      console.log(String(each));
    }
    soon(() => event.set());
    await event.wait();
    console.log(String(event));
    soon(() => barrier.wait());
    await barrier.wait();
    console.log(String(barrier));
    const guard = await condition.acquire();
    soon(async () => {
      using mine = await condition.acquire();
      condition.notify(mine);
    });
    await condition.wait(guard);
    console.log(String(condition));
    soon(() => console.log("too late"));
  `;
  const { stdout, stderr, code, late } = await runScript(source);
  const states = [
    "Lock(locked)",
    "RLock(locked)",
    "Semaphore(0)",
    "BoundedSemaphore(0 of 1)",
    "SharedEvent(set)",
    "Barrier(0 of 2)",
    "Condition(Lock(locked))",
  ];
  assertEquals({ lines: stdout.trim().split("\n"), stderr, code, late }, {
    lines: states,
    stderr: "",
    code: 0,
    late: false,
  });
});

test("40,000 waits of every kind that give up leave nothing behind", async () => {
  const source = `
    import v8 from "node:v8";
    import vm from "node:vm";
    import { Barrier, BoundedSemaphore, Condition, Lock, RLock, Semaphore, SharedEvent } from "@isopool/isopool";
    const taken = [new Lock(), new RLock(), new BoundedSemaphore(1)];
    for (const each of taken) each.tryAcquire();
    const event = new SharedEvent();
    const condition = new Condition();
    const ways = [
      ...taken.map((each) => (signal) => each.acquire({ signal })),
      (signal) => new Semaphore(0).acquire({ signal }),
      (signal) => event.wait({ signal }),
      (signal) => new Barrier(2).wait({ signal }),
      async (signal) => {
        using guard = await condition.acquire();
        await condition.wait(guard, { signal });
      },
    ];
    v8.setFlagsFromString("--expose-gc");
    const collect = vm.runInNewContext("gc");
    const measure = () => { collect(); return Deno.memoryUsage().rss / 2 ** 20; };
    async function giveUp(times) {
      for (let i = 0; i < times; i++) {
        const controller = new AbortController();
        const waits = ways[i % ways.length](controller.signal);
        controller.abort();
        await waits.catch(() => {});
        // The runtime drops entries when its loop turns.
        if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve));
      }
    }
    await giveUp(10_000);
    const before = measure();
    await giveUp(40_000);
    console.log(Math.round(measure() - before));
  `;
  const { stdout, stderr } = await runScript(source, { deadline: 90_000 });
  // 12 MiB are 300 bytes for each wait.
  const grown = Number(stdout);
  assert(stdout !== "" && grown < 12, `${grown} MiB more\n${stderr}`);
}, { deadline: 100_000 });
