/**
 * Random attempts at locks and permits, in every way to acquire and give up, by several workers at once, some of which are
 * killed: there is never a holder too many, no update is lost, and no thread hangs.
 */
import { assert, assertEquals } from "@std/assert";
import { BoundedSemaphore, Lock, RLock, Semaphore, SharedArray } from "@isopool/isopool";
import fc from "fast-check";
import { type Isolates, mayFail, type Running } from "../../contract/shared/engine.ts";
import type { Acquirable } from "../../contract/shared/tasks.ts";
import { leavesNothing } from "../../support/leaks.ts";
import { DEADLINE, runs } from "../../support/properties.ts";
import { MUST_HAPPEN, test, timed, until, within } from "../../support/within.ts";
import { type Attempt, contend, Guarded } from "./programs.ts";
import { ENGINES, programs } from "./view.ts";

const WORKERS = 3;
const WORDS = Object.keys(Guarded).length;

const attempt: fc.Arbitrary<Attempt> = fc.record({
  how: fc.constantFrom("sync", "async", "try", "syncLimit", "asyncLimit", "signal"),
  limit: fc.constantFrom(0, 1, 5),
  inside: fc.oneof(
    { weight: 6, arbitrary: fc.constant("quick" as const) },
    { weight: 1, arbitrary: fc.constantFrom("turn" as const, "busy" as const) },
  ),
  depth: fc.nat(2),
  by: fc.constantFrom("using", "release"),
});
const programOf = (length: number) => fc.array(attempt, { minLength: length / 4, maxLength: length });
const lists = fc.array(programOf(80), { minLength: WORKERS, maxLength: WORKERS });
/** The workers to kill, and after how many attempts of all workers. */
const kills = fc.array(fc.record({ index: fc.nat(WORKERS - 1), after: fc.nat(150) }), { maxLength: 2 });

/** Kills workers once so many attempts have begun; returns how many workers were killed before they had finished. */
async function killSome(
  all: Running<void>[],
  words: SharedArray<"i32">,
  plan: { index: number; after: number }[],
): Promise<number> {
  let ended = 0;
  for (const { result } of all) result.then(() => ended++, () => ended++);
  for (const { index, after } of plan.toSorted((a, b) => a.after - b.after)) {
    await until(() => words.get(Guarded.TRIED) >= after || ended === all.length, "enough attempts have begun");
    all[index].stop();
  }
  const ends = await within(MUST_HAPPEN, Promise.all(all.map(({ result }) => timed(result))), "the end of all workers");
  for (const { error } of ends) if (error !== undefined && (error as Error).name !== "CancelledError") throw error;
  return ends.filter(({ error }) => error !== undefined).length;
}

function begin(
  isolates: Isolates,
  task: typeof programs.contend,
  lock: Acquirable,
  words: SharedArray<"i32">,
  all: Attempt[][],
) {
  return all.map((attempts, i) => mayFail(isolates.start(task, lock, words, attempts, i + 1)));
}

for (const engine of ENGINES) {
  for (const Kind of [Lock, RLock]) {
    test(`${engine.name}: ${Kind.name}: no update is lost when threads give up, are killed or recover`, async () => {
      await using isolates = engine.isolates(WORKERS);
      await fc.assert(
        fc.asyncProperty(lists, programOf(40), kills, async (all, mine, plan) => {
          const [lock, words] = [new Kind(), new SharedArray("i32", WORDS)];
          const onWorkers = begin(isolates, programs.contend, lock, words, all);
          // This thread takes part, without blocking, and is not killed.
          const onThisThread = contend(lock, words, mine.filter(({ how }) => !how.startsWith("sync")), WORKERS + 1);
          await killSome(onWorkers, words, plan);
          await within(MUST_HAPPEN, onThisThread);
          {
            using guard = await lock.acquire({ timeout: MUST_HAPPEN, recover: true });
            if (guard.recovered) words.view[Guarded.PLAIN] = words.get(Guarded.ATOMIC);
          }
          assertEquals([words.get(Guarded.WRONG), lock.locked], [0, false]);
          assertEquals(words.view[Guarded.PLAIN], words.get(Guarded.ATOMIC));
        }),
        runs(20),
      );
    }, DEADLINE);
  }

  test(`${engine.name}: a semaphore never has more holders than permits, and all permits come back`, async () => {
    await using isolates = engine.isolates(WORKERS);
    await fc.assert(
      fc.asyncProperty(lists, fc.integer({ min: 1, max: 3 }), fc.boolean(), async (all, permits, bounded) => {
        const semaphore = bounded ? new BoundedSemaphore(permits) : new Semaphore(permits);
        const words = new SharedArray("i32", WORDS);
        const onWorkers = all.map((attempts) => isolates.start(programs.crowd, semaphore, words, attempts).result);
        await within(MUST_HAPPEN, Promise.all(onWorkers));
        assertEquals([words.get(Guarded.INSIDE), semaphore.permits], [0, permits]);
        assert(words.get(Guarded.PEAK) <= permits, `${words.get(Guarded.PEAK)} of ${permits}`);
      }),
      runs(15),
    );
  }, DEADLINE);

  test(`${engine.name}: the permits of killed workers come back, and each only once`, async () => {
    await using isolates = engine.isolates(WORKERS);
    await fc.assert(
      fc.asyncProperty(lists, fc.integer({ min: 1, max: 3 }), kills, async (all, permits, plan) => {
        const [semaphore, words] = [new BoundedSemaphore(permits), new SharedArray("i32", WORDS)];
        const onWorkers = all.map((attempts) => mayFail(isolates.start(programs.crowd, semaphore, words, attempts)));
        const killed = await killSome(onWorkers, words, plan);
        // A worker that was killed inside never decrements the count.
        assert(words.get(Guarded.INSIDE) <= killed, `${words.get(Guarded.INSIDE)} are inside, ${killed} were killed`);
        assert(words.get(Guarded.PEAK) <= permits + killed, `${words.get(Guarded.PEAK)} of ${permits}`);
        const guards = [];
        for (let i = 0; i < permits; i++) guards.push(await semaphore.acquire({ timeout: MUST_HAPPEN }));
        assertEquals([semaphore.tryAcquire(), semaphore.permits], [undefined, 0]);
        for (const guard of guards) guard.release();
      }),
      runs(20),
    );
  }, DEADLINE);
}

leavesNothing();
