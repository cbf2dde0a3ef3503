/**
 * Workers that must end while their initializer still runs.
 */
import { assert, assertEquals } from "@std/assert";
import { Pool, tasks } from "@isopool/isopool";
import { MUST_HAPPEN, test, until, within } from "../support/within.ts";

const hooks = tasks<typeof import("../fixtures/tasks/early_end_hooks.ts")>(
  import.meta.resolve("../fixtures/tasks/early_end_hooks.ts"),
);

for (const backend of ["worker", "async"] as const) {
  test(`${backend}: a finalizer waits for the initializer, when the pool ends while its workers are set up`, async () => {
    const counts = new Int32Array(new SharedArrayBuffer(8));
    const unhandled: unknown[] = [];
    const listener = (event: PromiseRejectionEvent) => {
      event.preventDefault();
      unhandled.push(event.reason);
    };
    addEventListener("unhandledrejection", listener);
    try {
      await using _pool = new Pool({
        backend,
        workers: 2,
        minWorkers: 2,
        initializer: hooks.setUp,
        initArgs: [counts],
        finalizer: hooks.tearDown,
      });
      await until(() => Atomics.load(counts, 0) > 0, "a worker is being set up");
    } finally {
      // What is reported late is reported in a later turn.
      await new Promise((resolve) => setTimeout(resolve));
      removeEventListener("unhandledrejection", listener);
    }
    assertEquals(unhandled, []);
    const [begun, torn] = counts;
    assert(begun > 0);
    assertEquals(torn, begun);
  });

  test(`${backend}: a finalizer that does not end is stopped after the pool's timeout`, async () => {
    const pool = new Pool({ backend, workers: 1, timeout: 100, finalizer: hooks.hang });
    await pool.submit(hooks.nothing);
    pool.close();
    await within(MUST_HAPPEN, pool.join());
    assertEquals(pool.workerIds, []);
  });
}
