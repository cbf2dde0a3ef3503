/**
 * Workers that block in a `Sync` call: they burn nothing meanwhile, and are gone when they have been stopped. On every
 * kind of worker, for every kind of wait.
 */
import { assert, assertEquals } from "@std/assert";
import { Barrier, BoundedSemaphore, Condition, Counter, Lock, RLock, Semaphore, SharedEvent } from "@isopool/isopool";
import { type Crew, doomed, type Engine, poolEngine, processEngine, type Running } from "../contract/shared/engine.ts";
import { acts } from "../contract/shared/view.ts";
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

/** One wait of each kind that nothing ever ends but a stop. */
class Waits {
  readonly waiting = new Counter();
  readonly event = new SharedEvent();
  readonly barrier = new Barrier(2);
  readonly condition = new Condition();
  readonly #locks = [new Lock(), new RLock(), new Semaphore(1), new BoundedSemaphore(1)];
  readonly #guards = this.#locks.map((lock) => lock.tryAcquire()!);

  /** Starts them all. `timeout` is the tasks' own. */
  start(crew: Crew, timeout?: number): Running<unknown>[] {
    const { waiting, event, barrier, condition } = this;
    const options = timeout === undefined ? {} : { timeout };
    const all: Running<unknown>[] = [
      ...this.#locks.map((lock) => crew.start(acts.waitForLock.with(options), lock as Lock, waiting, true)),
      crew.start(acts.waitForEvent.with(options), event, waiting, true),
      crew.start(acts.waitCondition.with(options), condition, waiting, new Counter()),
      crew.start(acts.meetSync.with(options), barrier),
    ];
    return all.map(doomed);
  }

  /** Waits until all of them wait. */
  async begun(rounds = 1): Promise<void> {
    await until(() => this.waiting.get() === 6 * rounds && this.barrier.waiting === 1, "all of them wait");
  }

  /** Gives back what was held, in the test's own interest. */
  [Symbol.dispose](): void {
    for (const guard of this.#guards) guard.release();
  }
}

async function failed(all: Running<unknown>[], name: string): Promise<void> {
  const ends = await within(MUST_HAPPEN, Promise.all(all.map(({ result }) => timed(result))));
  assertEquals(ends.map(({ error }) => (error as Error)?.name), all.map(() => name));
}

const gone = () => until(() => workerThreads() === 0, () => `the threads are gone (${workerThreads()} are left)`);

for (const engine of ENGINES) {
  test(`${engine.name}: blocked workers burn nothing, and each is gone once it is stopped`, async () => {
    using waits = new Waits();
    await using crew = engine.crew(7);
    const all = waits.start(crew);
    await waits.begun();
    await untilIdle();
    assert(await load(1_000) < 0.2, "they are not idle");
    for (const running of all) running.stop();
    await failed(all, "CancelledError");
    await crew[Symbol.asyncDispose]();
    await gone();
    await untilIdle();
  }, { ignore: !onLinux, deadline: 60_000 });

  test(`${engine.name}: blocked workers are freed by the end of their pool`, async () => {
    using waits = new Waits();
    const crew = engine.crew(7);
    const all = waits.start(crew);
    await waits.begun();
    await within(MUST_HAPPEN, crew[Symbol.asyncDispose](), "the end of the pool");
    await failed(all, "CancelledError");
    await gone();
    await untilIdle();
  }, { ignore: !onLinux, deadline: 60_000 });

  test(`${engine.name}: blocked workers are freed by the timeouts of their tasks, again and again`, async () => {
    using waits = new Waits();
    await using crew = engine.crew(7);
    for (let round = 1; round <= 2; round++) {
      const all = waits.start(crew, 600);
      await waits.begun(round);
      await failed(all, "TaskTimeoutError");
      // What the last round left is seen here, before the next one adds to it.
      waits.barrier.reset();
    }
    await crew[Symbol.asyncDispose]();
    await gone();
    await untilIdle();
  }, { ignore: !onLinux, deadline: 60_000 });
}

leavesNothing({ alone: true });
