import { assertEquals } from "@std/assert";
import { Counter, inline, Pool } from "@isopool/isopool";
import { leavesNothing } from "../support/leaks.ts";
import { warningsDuring } from "../support/warnings.ts";
import { pause, test, until } from "../support/within.ts";

/** Milliseconds for which the event loop is blocked: much longer than the time in which a terminated worker must end. */
const BLOCKED = 1_500;

test("A scoped worker that ends while the host's event loop is blocked does not count as abandoned", async () => {
  const pool = new Pool({ workers: 4, permissions: "none" });
  const warnings = await warningsDuring(async () => {
    const running = new Counter();
    // Ends by itself, before the worker would count as abandoned, but not before it is terminated.
    const busy = inline((running: Counter) => {
      running.add(1);
      for (let n = 0; n < 4e8; n++);
    });
    const calls = Array.from({ length: 4 }, () => pool.submit(busy, running));
    await until(() => running.get() === 4, "all tasks run");
    const ended = pool.terminate();
    // The workers are terminated 20 ms after they were asked to leave.
    await pause(50);
    for (const end = performance.now() + BLOCKED; performance.now() < end;);
    await ended;
    await Promise.allSettled(calls);
  });
  assertEquals([pool.stats().workers.abandoned, warnings], [0, []]);
});

for (const how of ["shutdown", "terminate"] as const) {
  test(`A pool of 16 idle scoped workers ends by ${how}() without a warning (bound: 90 s)`, async () => {
    const pool = new Pool({ workers: 16, permissions: "none" });
    const warnings = await warningsDuring(async () => {
      await pool.ready();
      await pool[how]();
    });
    assertEquals([pool.stats().workers.abandoned, warnings], [0, []]);
  }, { deadline: 90_000 });
}

leavesNothing();
