/**
 * The crash matrix of an engine: every way to crash, at every moment of a worker's life. Each cell checks what the
 * caller gets, that the pool works on or is broken with a cause, and that the pool ends with all its threads.
 *
 * Cells that are impossible or special:
 * - *while arguments are decoded*: structured clone makes plain data and runs no code of the task. Getters run in
 * `submit`, where the arguments are copied (last test). Data that cannot be decoded: tests/hostile/.
 * - *result encode x a crash in a later turn of the event loop*: a getter is synchronous. It returns a promise, which
 * cannot be copied: TransferError, and the worker crashes later, while idle.
 * - *self.close()*: a thread of node:worker_threads has none, so "close" calls `process.exit()` from a timer. Web
 * workers have one: tests/scoped/death_test.ts.
 * - *idle x spin*: the next call has not started, so no limit of its own ends the loop. The pool stops the worker after
 * 5 s.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  type BackendName,
  BrokenPoolError,
  type Future,
  Pool,
  type PoolOptions,
  tasks,
  TransferError,
} from "@isopool/isopool";
import { expectError } from "../support/expect.ts";
import { workerThreads } from "../support/leaks.ts";
import { onLinux } from "../support/proc.ts";
import { pause, test, until, within } from "../support/within.ts";
import { type Kind, KINDS } from "./crash_tasks.ts";
import { checkError, CRASH, ENCODED, expectedAtLoad } from "./expected_errors.ts";

/** The moments of a worker's life. */
export type Moment =
  | "module load"
  | "initializer"
  | "run"
  | "result encode"
  | "idle"
  | "shutdown"
  | "finalizer"
  | "cancel";

/** An engine, and how its cells differ. */
export interface Engine {
  name: string;
  options: PoolOptions;
  /** Whether a pool of the engine survives a cell. SECURITY.md lists those that it does not survive. */
  survives: (moment: Moment, kind: Kind) => boolean;
}

const url = import.meta.resolve("./crash_tasks.ts");
const crashing = tasks<typeof import("./crash_tasks.ts")>(url);
const atLoad = (kind: Kind) => tasks<typeof import("./crash_tasks.ts")>(`${url}?crash=${kind}`);

/** Bound for one cell, in milliseconds; a cell takes 0.05 to 3 s on an idle machine. */
const BOUND = 20_000;

function limits(kind: Kind) {
  return {
    workers: 1,
    killGrace: 50,
    ...(kind === "spin" || kind === "never") && { timeout: 500 },
    ...kind.startsWith("oom") && { memoryLimit: 50_000_000 },
  };
}

/** Registers the cells of an engine. */
export function crashMatrix({ name, options, survives }: Engine): void {
  type Body = (pool: Pool<BackendName>) => Promise<void>;
  const cell = (given: PoolOptions, body: Body) => inPool({ ...options, ...given }, body);

  // Registers a cell that consists of one pool and `body`.
  function at(moment: Moment, kind: Kind, what: string, body: Body, given: PoolOptions = {}): void {
    if (!survives(moment, kind)) return;
    test(`${name}: ${moment} x ${kind}: ${what}`, () => cell({ ...limits(kind), ...given }, body), {
      deadline: 60_000,
    });
  }

  for (const kind of KINDS) {
    at("module load", kind, `${expectedAtLoad(kind)}, and the pool works on`, async (pool) => {
      const error = await pool.submit(atLoad(kind).fine, 1).exception() as Error;
      const expected = expectedAtLoad(kind);
      if (expected === "TaskLoadError") {
        assertEquals([error.name, (error.cause as Error).message], ["TaskLoadError", "crashed"]);
      } else checkError(error, expected);
      await worksOn(pool);
    });

    at("initializer", kind, "the pool is broken, with its cause", async (pool) => {
      const error = expectError(await pool.submit(crashing.fine, 1).exception(), BrokenPoolError);
      assertEquals(pool.state, "broken");
      const { cause } = error;
      if (kind.startsWith("oom")) assert(cause instanceof Error, String(cause));
      else if (CRASH[kind] === "uncaught") assertEquals((cause as Error).message, "crashed");
      else checkError(cause, CRASH[kind]);
      const next = (() => {
        try {
          return pool.submit(crashing.fine, 1);
        } catch (thrown) {
          return thrown;
        }
      })();
      assertEquals(expectError(next, BrokenPoolError).cause, cause);
      assertEquals(pool.stats().workers.started, 3, "a crash loop");
    }, { initializer: crashing.run, initArgs: [kind] });

    at("run", kind, `${CRASH[kind]}, and the pool works on`, async (pool) => {
      checkError(await pool.submit(crashing.run, kind).exception(), CRASH[kind]);
      await worksOn(pool);
    });

    at("result encode", kind, `${ENCODED[kind]}, and the pool works on`, async (pool) => {
      checkError(await pool.submit(crashing.encode, kind).exception(), ENCODED[kind]);
      // The crash that the getter has scheduled must not hit the next call.
      if (ENCODED[kind] === "TransferError") await pool.restart();
      await worksOn(pool);
    });

    at("idle", kind, "the call has its result, and the pool works on", async (pool) => {
      assertEquals(await pool.submit(crashing.later, kind), "done");
      const [id] = pool.workerIds;
      if (kind === "never") return await worksOn(pool);
      if (kind === "spin") {
        await pause(300); // It spins by now.
        // No call runs, so no limit of a call ends the loop: the pool stops a worker that takes no calls.
        assertEquals(await within(BOUND, pool.submit(crashing.fine, 1)), 2);
        return assert(pool.workerIds[0] !== id);
      }
      await until(() => pool.workerIds[0] !== id, "the worker has died", BOUND);
      await worksOn(pool);
      assertEquals(pool.stats().workers.crashed, 1);
    }, kind === "spin" ? { timeout: Infinity } : {});

    at("shutdown", kind, "a pool that drains settles the call, and ends", async (pool) => {
      const crashed = pool.submit(crashing.run, kind);
      const waiting = [1, 2, 3].map((n) => pool.submit(crashing.fine, n));
      pool.close();
      checkError(await crashed.exception(), CRASH[kind]);
      assertEquals(await Promise.all(waiting), [2, 3, 4]);
    });

    if (survives("finalizer", kind)) {
      test(`${name}: finalizer x ${kind}: the pool ends, and an error that it throws is reported once`, async () => {
        const reported: unknown[] = [];
        const report = (event: PromiseRejectionEvent) => {
          event.preventDefault();
          reported.push(event.reason);
        };
        addEventListener("unhandledrejection", report);
        try {
          await cell({ ...limits(kind), finalizer: crashing.finalize }, async (pool) => {
            assertEquals(await pool.submit(crashing.plan, kind), "planned");
          });
          const isThrown = CRASH[kind] === "RangeError";
          if (isThrown) await until(() => reported.length > 0, "the failure is reported");
          assertEquals(reported.map((reason) => (reason as Error).message), isThrown ? ["crashed"] : []);
        } finally {
          removeEventListener("unhandledrejection", report);
        }
      }, { deadline: 60_000 });
    }
  }

  for (const kind of ["spin", "never"] as const) {
    if (!survives("cancel", kind)) continue;
    const ways: [Moment, (pool: Pool<BackendName>) => Future<number>][] = [
      ["module load", (pool) => pool.submit(atLoad(kind).fine, 1)],
      ["run", (pool) => pool.submit(crashing.run, kind)],
    ];
    for (const [moment, submit] of ways) {
      // Without a timeout, which could stop the call from inside.
      at(moment, kind, "stopped by cancel(): cancelled, and the pool works on", async (pool) => {
        const future = submit(pool);
        await until(() => future.running, "it runs");
        future.cancel();
        assertEquals(await future.then(() => "", (error) => (error as Error).name), "CancelledError");
        await worksOn(pool);
      }, { timeout: undefined });
    }
  }

  test(`${name}: an argument whose getter throws fails its call where it is copied, and no worker starts`, () =>
    cell({ workers: 1, killGrace: 50 }, async (pool) => {
      const bomb = {
        get bomb(): never {
          throw new RangeError("crashed");
        },
      };
      const error = expectError(await pool.submit(crashing.fine, bomb as never).exception(), TransferError);
      assertEquals([error.direction, (error.cause as Error).message], ["argument", "crashed"]);
      assertEquals(pool.stats().workers.started, 0);
      await worksOn(pool);
    }));
}

/** Runs one cell in a pool of its own, and checks that the pool leaves no threads. */
async function inPool(options: PoolOptions, body: (pool: Pool<BackendName>) => Promise<void>): Promise<void> {
  const pool = new Pool(options);
  await within(BOUND, body(pool), "the cell");
  await within(BOUND, pool.shutdown(), "the end of the pool");
  assertEquals(pool.workerIds, []);
  if (onLinux) await until(() => workerThreads() === 0, () => `its threads are gone: ${workerThreads()} are left`);
}

// Without a time limit for the call: it would hide that the call is too slow.
async function worksOn(pool: Pool<BackendName>): Promise<void> {
  assertEquals(pool.state, "open");
  assertEquals(await within(BOUND, pool.submit(crashing.fine.with({ timeout: Infinity }), 1), "the next call"), 2);
}
