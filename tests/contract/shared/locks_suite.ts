import { assert, assertEquals, assertRejects } from "@std/assert";
import { BoundedSemaphore, Counter, Lock, RLock, Semaphore, SharedArray, SharedEvent } from "@isopool/isopool";
import { MUST_HAPPEN, until, within } from "../../support/within.ts";
import { several, type SharedSuite } from "./engine.ts";
import type { Acquirable } from "./tasks.ts";
import { contractTasks } from "./view.ts";

const KINDS: [name: string, make: () => Acquirable][] = [
  ["Lock", () => new Lock()],
  ["RLock", () => new RLock()],
  ["Semaphore", () => new Semaphore(1)],
  ["BoundedSemaphore", () => new BoundedSemaphore(1)],
];
const LONG = { deadline: 120_000 };

/** Acquires and releases Lock, RLock, Semaphore and BoundedSemaphore, and gives up waiting for them. */
export const locksSuite: SharedSuite = (engine, check) => {
  check("eight workers x 100,000 lose no plain increment under a Lock", async () => {
    await using isolates = engine.isolates(8);
    const [lock, array] = [new Lock(), new SharedArray("i32", 1)];
    await within(110_000, several(isolates, 8, contractTasks.guarded, lock, array, 100_000));
    assertEquals([array.get(0), lock.locked], [800_000, false]);
  }, LONG);

  for (const [name, make] of KINDS) {
    check(`${name}: workers that block, workers that await, and this thread exclude each other`, async () => {
      await using isolates = engine.isolates(4);
      const [lock, array] = [make(), new SharedArray("i32", 1)];
      const times = 1_000;
      const onWorkers = [
        several(isolates, 2, contractTasks.guarded, lock, array, times),
        several(isolates, 2, contractTasks.guardedAsync, lock, array, times),
      ];
      // Two tasks of this thread, each of which awaits with the lock held.
      const onThisThread = [1, 2].map(async () => {
        for (let i = 0; i < times; i++) {
          using _guard = await lock.acquire();
          const before = array.view[0];
          await undefined;
          array.view[0] = before + 1;
        }
      });
      await within(60_000, Promise.all([...onWorkers, ...onThisThread]));
      assertEquals(array.get(0), 6 * times);
    }, LONG);

    check(`${name}: each way to acquire gives up while another worker holds it, and succeeds after`, async () => {
      await using isolates = engine.isolates(2);
      const [lock, held, done] = [make(), new Counter(), new SharedEvent()];
      const holder = isolates.start(contractTasks.hold, lock, held, done).result;
      await until(() => held.get() === 1, "it is held");
      assertEquals(["locked" in lock ? lock.locked : lock.permits === 0, lock.tryAcquire()], [true, undefined]);
      for (const timeout of [0, 80]) {
        const endings = isolates.start(contractTasks.attempts, lock, timeout).result;
        const expected = ["taken", "WaitTimeoutError", "WaitTimeoutError", "TimeoutError"];
        assertEquals(await within(MUST_HAPPEN, endings), expected);
      }
      done.set();
      await within(MUST_HAPPEN, holder);
      const endings = isolates.start(contractTasks.attempts, lock, 5_000).result;
      assertEquals(await within(MUST_HAPPEN, endings), ["ok", "ok", "ok", "ok"]);
    });

    check(`${name}: a block that throws gives it back; releasing twice is an error`, async () => {
      await using isolates = engine.isolates(2);
      const lock = make();
      await assertRejects(
        () => within(MUST_HAPPEN, isolates.start(contractTasks.throwInside, lock).result),
        RangeError,
        "inside",
      );
      assertEquals(await within(MUST_HAPPEN, isolates.start(contractTasks.releaseTwice, lock).result), "IsopoolError");
      (await lock.acquire({ timeout: MUST_HAPPEN })).release();
    });
  }

  check("a notification reaches another waiter if the first one is too busy to use it", async () => {
    await using isolates = engine.isolates(2);
    const [lock, waiting, through] = [new Lock(), new Counter(), new Counter()];
    const guard = await lock.acquire();
    const busy = isolates.start(contractTasks.waitBusily, lock, waiting, through).result;
    await until(() => waiting.get() === 1, "the first waits");
    const other = isolates.start(contractTasks.waitForLock, lock, waiting, false, { timeout: MUST_HAPPEN }).result;
    await until(() => waiting.get() === 2, "the second waits");
    guard.release();
    assertEquals(await within(MUST_HAPPEN, other), "ok");
    through.add();
    await within(MUST_HAPPEN, busy);
  });

  check("an RLock is free for others when its last guard has been released, in whatever order", async () => {
    await using isolates = engine.isolates(1);
    const lock = new RLock();
    assertEquals(await isolates.start(contractTasks.reenter, lock).result, [false, false, false, true]);
    assertEquals(lock.locked, false);
  });

  for (const permits of [1, 3]) {
    check(`at most ${permits} of eight workers hold permits of a semaphore of ${permits}`, async () => {
      await using isolates = engine.isolates(8);
      for (const semaphore of [new Semaphore(permits), new BoundedSemaphore(permits)]) {
        const array = new SharedArray("i32", 2);
        await within(60_000, several(isolates, 8, contractTasks.crowd, semaphore, array, 1_000));
        const [inside, peak] = array;
        assertEquals([inside, semaphore.permits], [0, permits]);
        assert(peak >= 1 && peak <= permits, `${peak} held permits`);
      }
    }, LONG);
  }

  check("each permit that one worker adds lets one other worker pass", async () => {
    await using isolates = engine.isolates(4);
    const [ready, through, done] = [new Semaphore(0), new Counter(), new SharedEvent()];
    const all = several(isolates, 3, contractTasks.hold, ready, through, done);
    await within(MUST_HAPPEN, isolates.start(contractTasks.release, ready, 2).result);
    await until(() => through.get() === 2, "two are through");
    assertEquals(ready.permits, 0);
    await within(MUST_HAPPEN, isolates.start(contractTasks.release, ready, 1).result);
    await until(() => through.get() === 3, "all are through");
    done.set();
    await within(MUST_HAPPEN, all);
    assertEquals(ready.permits, 3);
  });
};
