import { assert, assertEquals, assertMatch } from "@std/assert";
import { inline, type PoolEventMap, type WorkerEventDetail } from "@isopool/isopool";
import { Gate } from "../support/gate.ts";
import { StepLog } from "../support/steps.ts";
import { MUST_HAPPEN, pause, until, within } from "../support/within.ts";
import { dying, gated, hooks, values } from "../fixtures/views.ts";
import type { AnyPool, Suite } from "./backend.ts";
import { sharedWords } from "../support/words.ts";

const NAMES = ["workerstart", "workerexit", "taskstart", "taskend", "drain"] as const;

/** Records all events of a pool, as lines. */
function listen(pool: AnyPool): string[] {
  const lines: string[] = [];
  for (const name of NAMES) {
    pool.addEventListener(name, ({ detail }: PoolEventMap[typeof name]) => {
      if (detail === null) return lines.push(name);
      const { workerId } = detail;
      if (!("task" in detail)) return lines.push(`${name} ${workerId}${detail.reason ? ` ${detail.reason}` : ""}`);
      const { task, index, attempt, outcome } = detail;
      lines.push(`${name} ${task}[${index}] on ${workerId}: ${attempt ?? outcome}`);
    });
  }
  return lines;
}

/** Events: which come, in which order, with which detail. */
export const eventsSuite: Suite = (backend, check) => {
  check("events come in the order of the pool's life", async () => {
    const pool = backend.make({ workers: 1 });
    const lines = listen(pool);
    const future = pool.submit(values.double, 1);
    future.addDoneCallback(() => lines.push("done"));
    await future;
    await pool.submit(values.failOdd, 1).exception();
    await within(MUST_HAPPEN, pool.shutdown());
    assertEquals(lines, [
      "workerstart 1",
      "taskstart double[0] on 1: 1",
      "taskend double[0] on 1: fulfilled",
      "done",
      "drain",
      "taskstart failOdd[0] on 1: 1",
      "taskend failOdd[0] on 1: rejected",
      "drain",
      "workerexit 1 terminated",
    ]);
  });

  check("events name an inline task as traces do: by its function, or by its text", async () => {
    const pool = backend.make({ workers: 1 });
    const lines = listen(pool);
    await pool.submit(
      inline(function third(n: number) {
        return n / 3;
      }),
      6,
    );
    await pool.submit(inline((n: number) => n / 2), 6);
    await within(MUST_HAPPEN, pool.shutdown());
    const names = lines.flatMap((line) => /^taskend (.*)\[0\]/.exec(line)?.[1] ?? []);
    assertEquals(names[0], "third");
    assertMatch(names[1], /^\(n\)\s*=>\s*n \/ 2$/);
    assertEquals(names.length, 2);
  });

  check("events of maps have the item's index; of retries the attempt", async () => {
    await using pool = backend.make({ workers: 1 });
    const lines = listen(pool);
    await pool.map(values.double, [5, 6, 7]);
    assertEquals(lines.filter((line) => line.startsWith("taskstart")).sort(), [
      "taskstart double[0] on 1: 1",
      "taskstart double[1] on 1: 1",
      "taskstart double[2] on 1: 1",
    ]);
    lines.length = 0;
    const task = values.succeedAt.with({ retry: { maxAttempts: 2, minTimeout: 1 } });
    await pool.submit(task, 2, sharedWords(4));
    assertEquals(lines, [
      "taskstart succeedAt[0] on 1: 1",
      "taskend succeedAt[0] on 1: rejected",
      "taskstart succeedAt[0] on 1: 2",
      "taskend succeedAt[0] on 1: fulfilled",
      "drain",
    ]);
  });

  check("taskstart and taskend come in pairs, each start before its end", async () => {
    await using pool = backend.make({ workers: 3 });
    const open = new Map<string, number>();
    let wrong = 0;
    const key = ({ task, index }: { task: string; index: number }) => `${task} ${index}`;
    pool.addEventListener("taskstart", ({ detail }) => void open.set(key(detail), (open.get(key(detail)) ?? 0) + 1));
    pool.addEventListener("taskend", ({ detail }) => {
      const left = (open.get(key(detail)) ?? 0) - 1;
      if (left < 0) wrong++;
      open.set(key(detail), left);
    });
    const held = pool.map(hooks.whereLater, Array.from({ length: 60 }, (_, n) => n));
    await within(MUST_HAPPEN, held);
    assertEquals([wrong, open.size], [0, 60]);
  });

  check("drain comes each time the last call has ended, and not before", async () => {
    await using gate = new Gate();
    await using pool = backend.make({ workers: 2 });
    let drained = 0;
    pool.addEventListener("drain", () => drained++);
    const futures = [1, 2, 3].map((n) => pool.submit(gated.hold, gate.words, n));
    await gate.entered(2);
    pool.resize(4);
    // The third call is held, and a fourth has ended, but the pool has not drained.
    await within(MUST_HAPPEN, pool.submit(values.double, 4));
    assertEquals(drained, 0);
    gate.open();
    await within(MUST_HAPPEN, Promise.all(futures));
    await until(() => drained === 1, "the pool has drained");
    await pool.map(values.double, [1, 2]);
    await until(() => drained === 2, "the pool has drained again");
  });

  check("a drain listener may submit more; a closing pool refuses it", async () => {
    const pool = backend.make({ workers: 1 });
    let rounds = 0;
    const more = Promise.withResolvers<number>();
    pool.addEventListener("drain", () => {
      if (rounds++ === 0) pool.submit(values.double, 21).then(more.resolve, more.reject);
    });
    await pool.submit(values.double, 1);
    assertEquals(await within(MUST_HAPPEN, more.promise), 42);
    await within(MUST_HAPPEN, pool.shutdown());
    assertEquals(rounds, 2);
  });

  check("no event is made without a listener; removed and `once` listeners get no more", async () => {
    await using pool = backend.make({ workers: 1 });
    let dispatched = 0;
    const dispatch = pool.dispatchEvent.bind(pool);
    pool.dispatchEvent = (event) => (dispatched++, dispatch(event));
    await pool.submit(values.double, 1);
    assertEquals(dispatched, 0);
    let heard = 0;
    const listener = () => void heard++;
    pool.addEventListener("taskend", listener);
    pool.addEventListener("taskend", () => void heard++, { once: true });
    await pool.submit(values.double, 1);
    assertEquals(heard, 2);
    await pool.submit(values.double, 1);
    assertEquals(heard, 3);
    pool.removeEventListener("taskend", listener);
    await pool.submit(values.double, 1);
    assertEquals(heard, 3);
    assert(dispatched > 0);
  });

  check("a throwing listener is reported as on any EventTarget; the other listeners and the pool go on", async () => {
    const reported: string[] = [];
    const onError = (event: ErrorEvent) => {
      event.preventDefault();
      reported.push(event.error.message);
    };
    globalThis.addEventListener("error", onError);
    try {
      await using pool = backend.make({ workers: 1 });
      const heard: string[] = [];
      for (const name of NAMES) {
        pool.addEventListener(name, () => {
          throw new Error(`from ${name}`);
        });
        pool.addEventListener(name, () => void heard.push(name));
      }
      assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 1)), 2);
      assertEquals(await within(MUST_HAPPEN, pool.submit(values.double, 2)), 4);
      await within(MUST_HAPPEN, pool.shutdown());
      const all = ["workerstart", "taskstart", "taskend", "drain", "taskstart", "taskend", "drain", "workerexit"];
      assertEquals(heard, all);
      assertEquals(reported, all.map((name) => `from ${name}`));
    } finally {
      globalThis.removeEventListener("error", onError);
    }
  });

  check("workerexit has the reason: terminated, failed initializer, failed finalizer", async () => {
    const exits = async (pool: AnyPool) => {
      const details: WorkerEventDetail[] = [];
      pool.addEventListener("workerexit", ({ detail }) => void details.push(detail));
      await pool.submit(values.double, 1).then(() => {}, () => {});
      await within(MUST_HAPPEN, pool.shutdown());
      return details.map(({ reason, cause }) => [reason, (cause as Error | undefined)?.message]);
    };
    assertEquals(await exits(backend.make({ workers: 1 })), [["terminated", undefined]]);
    const { words } = new StepLog();
    const failing = backend.make({ workers: 1, initializer: hooks.beginAfter, initArgs: [words, 9] });
    assertEquals(await exits(failing), Array(3).fill(["initializer", "no database"]));
    const listener = (event: Event) => event.preventDefault();
    globalThis.addEventListener("unhandledrejection", listener);
    const ending = await exits(backend.make({ workers: 1, finalizer: hooks.endFailing }));
    await pause(5);
    globalThis.removeEventListener("unhandledrejection", listener);
    assertEquals(ending, [["finalizer", "cannot flush"]]);
  });

  if (backend.capabilities.isolated) {
    check("workerexit has the reason of a worker that exits or dies of an uncaught error", async () => {
      await using pool = backend.make({ workers: 1 });
      const reasons: unknown[] = [];
      pool.addEventListener("workerexit", ({ detail }) => void reasons.push(detail.reason));
      await pool.submit(dying.denoExit, 3).exception();
      await pool.submit(dying.throwInTimer, "aside").exception();
      assertEquals(reasons, ["exit", "uncaught"]);
      assertEquals(pool.stats().workers.crashed, 2);
    });
  }

  check("workerstart does not come for a worker that ends before it takes calls", async () => {
    const pool = backend.make({ workers: 2, minWorkers: 2 });
    const lines = listen(pool);
    pool.close();
    await within(MUST_HAPPEN, pool.join());
    assertEquals(lines.filter((line) => line.startsWith("workerstart")), []);
    assertEquals(lines.filter((line) => line.startsWith("workerexit")).length, 2);
  });

  check("taskend of a call that terminate() stops has outcome cancelled, as its future has", async () => {
    await using gate = new Gate();
    const pool = backend.make({ workers: 1, killGrace: 20 });
    const lines = listen(pool);
    const held = pool.submit(gated.hold, gate.words).then(() => {}, () => {});
    await gate.entered();
    await within(MUST_HAPPEN, pool.terminate());
    await held;
    assertEquals(lines.find((line) => line.startsWith("taskend")), "taskend hold[0] on 1: cancelled");
  });
};
