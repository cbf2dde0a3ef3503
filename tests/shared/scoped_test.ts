/** Shared objects on scoped workers, without any permission and with one. */
import { assertEquals } from "@std/assert";
import { Counter, Pool, SharedEvent } from "@isopool/isopool";
import { poolEngine } from "../contract/shared/engine.ts";
import { passingSuite } from "../contract/shared/passing_suite.ts";
import { sharedContract } from "../contract/shared/shared_contract.ts";
import { contractTasks } from "../contract/shared/view.ts";
import { leavesNothing } from "../support/leaks.ts";
import { runScript } from "../support/script.ts";
import { MUST_HAPPEN, test, timed, until, within } from "../support/within.ts";

sharedContract(poolEngine("scoped", ["exit", "uncaught", "stay"], { permissions: "none" }));

for (const permissions of ["none", { env: ["HOME"] }] as const) {
  passingSuite(
    (options) => new Pool({ permissions, ...options }),
    (name, ...rest) => test(`permissions ${Deno.inspect(permissions)}: ${name}`, ...rest),
  );
}

test("scoped: calls queued behind a blocked call that is stopped run once, on another worker", async () => {
  await using pool = new Pool({ workers: 1, permissions: "none", killGrace: 20 });
  for (let round = 0; round < 5; round++) {
    const [event, waiting, counter] = [new SharedEvent(), new Counter(), new Counter()];
    const blocked = pool.submit(contractTasks.waitForEvent, event, waiting, true);
    // These block too, for a moment: in a worker that is about to end they would fail.
    const behind = Array.from({ length: 5 }, () => pool.submit(contractTasks.waitForEvent, event, counter, true, 60));
    await until(() => waiting.get() === 1, "the first blocks");
    blocked.cancel();
    await timed(blocked);
    assertEquals(await within(MUST_HAPPEN, Promise.all(behind)), Array(5).fill("WaitTimeoutError"));
    assertEquals(counter.get(), 5);
  }
});

test("scoped: a worker that blocks in a lock does not count as one that cannot be stopped", async () => {
  const { code, stdout, stderr, late } = await runScript(
    `
    import { Counter, inline, Lock, Pool } from "@isopool/isopool";
    const [lock, waiting] = [new Lock(), new Counter()];
    lock.tryAcquire();
    const block = inline((lock, waiting) => { waiting.add(); lock.acquireSync(); });
    const pool = new Pool({ workers: 2, permissions: "none", killGrace: 20 });
    for (let n = 1; n <= 10; n++) {
      const future = pool.submit(block, lock, waiting);
      while (waiting.get() < n) await new Promise((resolve) => setTimeout(resolve, 1));
      future.cancel();
      console.log((await future.exception().catch((error) => error)).name);
    }
    await pool.shutdown();`,
    { permissions: ["-A", "--unstable-worker-options"] },
  );
  assertEquals([code, late, stderr, stdout], [0, false, "", "CancelledError\n".repeat(10)]);
});

leavesNothing();
