/**
 * Workers that block in a `Sync` call use no CPU time, and are gone once they have been stopped: on every kind of worker, for
 * every kind of wait.
 */
import { assert, assertEquals } from "@std/assert";
import { Barrier, BoundedSemaphore, Condition, Counter, Lock, RLock, Semaphore, SharedEvent } from "@isopool/isopool";
import {
  type Engine,
  type Isolates,
  mayFail,
  poolEngine,
  processEngine,
  type Running,
} from "../contract/shared/engine.ts";
import { contractTasks } from "../contract/shared/view.ts";
import { leavesNothing, workerThreads } from "../support/leaks.ts";
import { load, onLinux, untilIdle } from "../support/proc.ts";
import { MUST_HAPPEN, test, timed, until, within } from "../support/within.ts";

const permissions = "none";
const ENGINES: Engine[] = [
  poolEngine("threads", []),
  poolEngine("scoped", [], { permissions }),
  processEngine("processes", []),
  processEngine("scoped processes", [], { permissions }),
];

/** One wait of each kind, which only a stop ends. */
class Waits {
  readonly waiting = new Counter();
  readonly event = new SharedEvent();
  readonly barrier = new Barrier(2);
  readonly condition = new Condition();
  readonly #locks = [new Lock(), new RLock(), new Semaphore(1), new BoundedSemaphore(1)];
  readonly #guards = this.#locks.map((lock) => lock.tryAcquire()!);

  /** Starts all waits. `timeout` is that of the tasks. */
  start(isolates: Isolates, timeout?: number): Running<unknown>[] {
    const { waiting, event, barrier, condition } = this;
    const options = timeout === undefined ? {} : { timeout };
    const all: Running<unknown>[] = [
      ...this.#locks.map((lock) =>
        isolates.start(contractTasks.waitForLock.with(options), lock as Lock, waiting, true)
      ),
      isolates.start(contractTasks.waitForEvent.with(options), event, waiting, true),
      isolates.start(contractTasks.awaitConditionAtOnce.with(options), condition, waiting, new Counter()),
      isolates.start(contractTasks.meetAtOnce.with(options), barrier),
    ];
    return all.map(mayFail);
  }

  /** Resolves once all of them wait. */
  async begun(rounds = 1): Promise<void> {
    await until(() => this.waiting.get() === 6 * rounds && this.barrier.waiting === 1, "all tasks wait");
  }

  /** Releases the locks and permits. */
  [Symbol.dispose](): void {
    for (const guard of this.#guards) guard.release();
  }
}

/** Checks that all tasks fail with an error of this name. */
async function checkFailed(all: Running<unknown>[], name: string): Promise<void> {
  const ends = await within(MUST_HAPPEN, Promise.all(all.map(({ result }) => timed(result))));
  assertEquals(ends.map(({ error }) => (error as Error)?.name), all.map(() => name));
}

const threadsGone = () =>
  until(() => workerThreads() === 0, () => `the threads are gone (${workerThreads()} are left)`);

for (const engine of ENGINES) {
  test(`${engine.name}: blocked workers use no CPU time, and each is gone once it is stopped`, async () => {
    using waits = new Waits();
    await using isolates = engine.isolates(7);
    const all = waits.start(isolates);
    await waits.begun();
    await untilIdle();
    assert(await load(1_000) < 0.2, "they are not idle");
    for (const running of all) running.stop();
    await checkFailed(all, "CancelledError");
    await isolates[Symbol.asyncDispose]();
    await threadsGone();
    await untilIdle();
  }, { ignore: !onLinux, deadline: 60_000 });

  test(`${engine.name}: blocked workers are freed by the end of their pool`, async () => {
    using waits = new Waits();
    const isolates = engine.isolates(7);
    const all = waits.start(isolates);
    await waits.begun();
    await within(MUST_HAPPEN, isolates[Symbol.asyncDispose](), "the end of the pool");
    await checkFailed(all, "CancelledError");
    await threadsGone();
    await untilIdle();
  }, { ignore: !onLinux, deadline: 60_000 });

  test(`${engine.name}: blocked workers are freed by the timeouts of their tasks, again and again`, async () => {
    using waits = new Waits();
    await using isolates = engine.isolates(7);
    for (let round = 1; round <= 2; round++) {
      const all = waits.start(isolates, 600);
      await waits.begun(round);
      await checkFailed(all, "TaskTimeoutError");
      // The stopped party still counts as arrived: the next round needs an empty barrier.
      waits.barrier.reset();
    }
    await isolates[Symbol.asyncDispose]();
    await threadsGone();
    await untilIdle();
  }, { ignore: !onLinux, deadline: 60_000 });
}

leavesNothing({ alone: true });
