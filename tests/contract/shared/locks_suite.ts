import { assert, assertEquals, assertRejects } from "@std/assert";
import { BoundedSemaphore, Counter, Lock, RLock, Semaphore, SharedArray, SharedEvent } from "@isopool/isopool";
import { MUST_HAPPEN, until, within } from "../../support/within.ts";
import { several, type SharedSuite } from "./engine.ts";
import type { Acquirable } from "./tasks.ts";
import { acts } from "./view.ts";

const KINDS: [name: string, make: () => Acquirable][] = [
  ["Lock", () => new Lock()],
  ["RLock", () => new RLock()],
  ["Semaphore", () => new Semaphore(1)],
  ["BoundedSemaphore", () => new BoundedSemaphore(1)],
];
const LONG = { deadline: 120_000 };

/** Lock, RLock, Semaphore, BoundedSemaphore: taking, giving up, giving back. */
export const locksSuite: SharedSuite = (engine, check) => {
  check("eight workers x 100,000 lose no plain increment under a Lock", async () => {
    await using crew = engine.crew(8);
    const [lock, array] = [new Lock(), new SharedArray("i32", 1)];
    await within(110_000, several(crew, 8, acts.guarded, lock, array, 100_000));
    assertEquals([array.get(0), lock.locked], [800_000, false]);
  }, LONG);

  for (const [name, make] of KINDS) {
    check(`${name}: workers that block, workers that await, and this thread exclude each other`, async () => {
      await using crew = engine.crew(4);
      const [lock, array] = [make(), new SharedArray("i32", 1)];
      const times = 1_000;
      const there = [
        several(crew, 2, acts.guarded, lock, array, times),
        several(crew, 2, acts.guardedAsync, lock, array, times),
      ];
      // Two tasks of this thread, each of which is interrupted with the lock held.
      const here = [1, 2].map(async () => {
        for (let i = 0; i < times; i++) {
          using _guard = await lock.acquire();
          const before = array.view[0];
          await undefined;
          array.view[0] = before + 1;
        }
      });
      await within(60_000, Promise.all([...there, ...here]));
      assertEquals(array.get(0), 6 * times);
    }, LONG);

    check(`${name}: each way to acquire gives up while another worker holds it, and succeeds after`, async () => {
      await using crew = engine.crew(2);
      const [lock, held, done] = [make(), new Counter(), new SharedEvent()];
      const holder = crew.start(acts.hold, lock, held, done).result;
      await until(() => held.get() === 1, "it is held");
      assertEquals(["locked" in lock ? lock.locked : lock.permits === 0, lock.tryAcquire()], [true, undefined]);
      for (const timeout of [0, 80]) {
        const told = crew.start(acts.attempts, lock, timeout).result;
        const expected = ["taken", "WaitTimeoutError", "WaitTimeoutError", "TimeoutError"];
        assertEquals(await within(MUST_HAPPEN, told), expected);
      }
      done.set();
      await within(MUST_HAPPEN, holder);
      const told = crew.start(acts.attempts, lock, 5_000).result;
      assertEquals(await within(MUST_HAPPEN, told), ["ok", "ok", "ok", "ok"]);
    });

    check(`${name}: a block that throws gives it back; releasing twice is an error`, async () => {
      await using crew = engine.crew(2);
      const lock = make();
      await assertRejects(() => within(MUST_HAPPEN, crew.start(acts.throwInside, lock).result), RangeError, "inside");
      assertEquals(await within(MUST_HAPPEN, crew.start(acts.releaseTwice, lock).result), "IsopoolError");
      (await lock.acquire({ timeout: MUST_HAPPEN })).release();
    });
  }

  check("a worker that is too busy to take a notification does not keep it from others", async () => {
    await using crew = engine.crew(2);
    const [lock, waiting, through] = [new Lock(), new Counter(), new Counter()];
    const guard = await lock.acquire();
    const busy = crew.start(acts.waitBusily, lock, waiting, through).result;
    await until(() => waiting.get() === 1, "the first waits");
    const other = crew.start(acts.waitForLock, lock, waiting, false, { timeout: MUST_HAPPEN }).result;
    await until(() => waiting.get() === 2, "the second waits");
    guard.release();
    assertEquals(await within(MUST_HAPPEN, other), "ok");
    through.add();
    await within(MUST_HAPPEN, busy);
  });

  check("an RLock is free for others when its last guard has been released, in whatever order", async () => {
    await using crew = engine.crew(1);
    const lock = new RLock();
    assertEquals(await crew.start(acts.reenter, lock).result, [false, false, false, true]);
    assertEquals(lock.locked, false);
  });

  for (const permits of [1, 3]) {
    check(`never more than ${permits} of eight workers are inside a semaphore of ${permits}`, async () => {
      await using crew = engine.crew(8);
      for (const semaphore of [new Semaphore(permits), new BoundedSemaphore(permits)]) {
        const array = new SharedArray("i32", 2);
        await within(60_000, several(crew, 8, acts.crowd, semaphore, array, 1_000));
        const [inside, peak] = array;
        assertEquals([inside, semaphore.permits], [0, permits]);
        assert(peak >= 1 && peak <= permits, `${peak} were inside`);
      }
    }, LONG);
  }

  check("permits that one worker gives let as many others through", async () => {
    await using crew = engine.crew(4);
    const [ready, through, done] = [new Semaphore(0), new Counter(), new SharedEvent()];
    const all = several(crew, 3, acts.hold, ready, through, done);
    await within(MUST_HAPPEN, crew.start(acts.release, ready, 2).result);
    await until(() => through.get() === 2, "two are through");
    assertEquals(ready.permits, 0);
    await within(MUST_HAPPEN, crew.start(acts.release, ready, 1).result);
    await until(() => through.get() === 3, "all are through");
    done.set();
    await within(MUST_HAPPEN, all);
    assertEquals(ready.permits, 3);
  });
};
