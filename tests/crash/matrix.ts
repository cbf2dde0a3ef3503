/**
 * Every way to crash, at every moment of a worker's life, on an engine: what the caller gets, and that the pool works on
 * or says why it does not. After each cell the pool ends and its threads are gone.
 *
 * Cells that cannot be:
 * - *while arguments are decoded*: structured clone makes plain data and runs no code of the task; a class is not revived.
 *   Getters run where the arguments are copied, in `submit` (last test). What cannot be decoded: tests/hostile/.
 * - *result encode x all that needs a turn of the loop*: a getter is synchronous. What it returns is a promise, which cannot
 *   be copied: TransferError, and the bomb that it left goes off at idle.
 * - *self.close()*: a thread of node:worker_threads has none; "close" ends the process object's way, from a timer. That of
 *   web workers: tests/scoped/death_test.ts.
 * - *idle x spin*: the next call has not started, so no limit of its own ends it. The worker is stopped after 5 s.
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
  TaskTimeoutError,
  TransferError,
  WorkerCrashedError,
} from "@isopool/isopool";
import { expectError } from "../support/expect.ts";
import { onLinux, threadCount } from "../support/proc.ts";
import { pause, test, until, within } from "../support/within.ts";
import { type Kind, KINDS } from "./crash_tasks.ts";

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

/** An engine, and what is different there. */
export interface Engine {
  name: string;
  options: PoolOptions;
  /** Whether a pool survives a cell there; SECURITY.md says which it does not. */
  survives: (moment: Moment, kind: Kind) => boolean;
}

const url = import.meta.resolve("./crash_tasks.ts");
const crashing = tasks<typeof import("./crash_tasks.ts")>(url);
const atLoad = (kind: Kind) => tasks<typeof import("./crash_tasks.ts")>(`${url}?crash=${kind}`);

/** Bound for one cell, in milliseconds; a cell takes 0.05 to 3 s on an idle machine. */
const BOUND = 20_000;

// What the caller gets: a class, for crashes with their reason and exit code; or the pool's end, with its cause.
type Expected = string;

const CRASH: Record<Kind, Expected> = {
  throw: "RangeError",
  reject: "RangeError",
  exit: "exit 7",
  processExit: "exit 7",
  close: "exit 0",
  spin: "TaskTimeoutError",
  never: "TaskTimeoutError",
  oom: "oom",
  oomAfterAwait: "oom",
  oomBuffers: "oom",
  uncaughtTimer: "uncaught",
  uncaughtEvent: "uncaught",
  forgotten: "uncaught",
};

const ENCODED: Record<Kind, Expected> = {
  ...CRASH,
  throw: "TransferError",
  reject: "TransferError",
  close: "TransferError",
  never: "TransferError",
  oomAfterAwait: "TransferError",
  oomBuffers: "TransferError",
  uncaughtTimer: "TransferError",
  uncaughtEvent: "TransferError",
  forgotten: "TransferError",
};

function check(error: unknown, expected: Expected): void {
  switch (expected) {
    case "RangeError":
      assertEquals(expectError(error, RangeError).message, "crashed");
      return;
    case "TaskTimeoutError":
      return void expectError(error, TaskTimeoutError);
    case "TransferError":
      return assertEquals(expectError(error, TransferError).direction, "result");
    default: {
      const { reason, exitCode, cause } = expectError(error, WorkerCrashedError);
      assertEquals(reason === "exit" ? `${reason} ${exitCode}` : reason, expected);
      if (reason === "uncaught") assertEquals((cause as Error).message, "crashed");
      if (reason === "oom") assert(cause instanceof Error);
    }
  }
}

function limits(kind: Kind) {
  return {
    workers: 1,
    killGrace: 50,
    ...(kind === "spin" || kind === "never") && { timeout: 500 },
    ...kind.startsWith("oom") && { memoryLimit: 100_000_000 },
  };
}

/** Registers the cells of an engine. */
export function crashMatrix({ name, options, survives }: Engine): void {
  type Body = (pool: Pool<BackendName>) => Promise<void>;
  const cell = (given: PoolOptions, body: Body) => inPool({ ...options, ...given }, body);

  // A cell whose pool has nothing special to do.
  function at(moment: Moment, kind: Kind, what: string, body: Body, given: PoolOptions = {}): void {
    if (!survives(moment, kind)) return;
    test(`${name}: ${moment} x ${kind}: ${what}`, () => cell({ ...limits(kind), ...given }, body), {
      deadline: 60_000,
    });
  }

  for (const kind of KINDS) {
    at("module load", kind, `${loaded(kind)}, and the pool works on`, async (pool) => {
      const error = await pool.submit(atLoad(kind).fine, 1).exception() as Error;
      const expected = loaded(kind);
      if (expected === "TaskLoadError") {
        assertEquals([error.name, (error.cause as Error).message], ["TaskLoadError", "crashed"]);
      } else check(error, expected);
      await worksOn(pool);
    });

    at("initializer", kind, "the pool is broken, with its cause", async (pool) => {
      const error = expectError(await pool.submit(crashing.fine, 1).exception(), BrokenPoolError);
      assertEquals(pool.state, "broken");
      const { cause } = error;
      if (kind.startsWith("oom")) assert(cause instanceof Error, String(cause));
      else if (CRASH[kind] === "uncaught") assertEquals((cause as Error).message, "crashed");
      else check(cause, CRASH[kind]);
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
      check(await pool.submit(crashing.run, kind).exception(), CRASH[kind]);
      await worksOn(pool);
    });

    at("result encode", kind, `${ENCODED[kind]}, and the pool works on`, async (pool) => {
      check(await pool.submit(crashing.encode, kind).exception(), ENCODED[kind]);
      // What the getter left behind may go off under the next call, which is not to blame.
      if (ENCODED[kind] === "TransferError") await pool.restart();
      await worksOn(pool);
    });

    at("idle", kind, "the call has its result, and the pool works on", async (pool) => {
      assertEquals(await pool.submit(crashing.later, kind), "done");
      const [id] = pool.workerIds;
      if (kind === "never") return await worksOn(pool);
      if (kind === "spin") {
        await pause(300); // It spins by now.
        // No limit of a call's own ends what runs when no call does: the pool looks after workers that take nothing.
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
      check(await crashed.exception(), CRASH[kind]);
      assertEquals(await Promise.all(waiting), [2, 3, 4]);
    });

    if (survives("finalizer", kind)) {
      test(`${name}: finalizer x ${kind}: the pool ends; what it throws is reported once`, async () => {
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
          const told = CRASH[kind] === "RangeError";
          if (told) await until(() => reported.length > 0, "the failure is reported");
          assertEquals(reported.map((reason) => (reason as Error).message), told ? ["crashed"] : []);
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
      // Without a timeout: that is what may stop a call from inside.
      at(moment, kind, "stopped by cancel(): cancelled, and the pool works on", async (pool) => {
        const future = submit(pool);
        await until(() => future.running, "it runs");
        future.cancel();
        assertEquals(await future.then(() => "", (error) => (error as Error).name), "CancelledError");
        await worksOn(pool);
      }, { timeout: undefined });
    }
  }

  test(`${name}: an argument whose getter throws fails its call where it is copied; no worker hears of it`, () =>
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

/** A pool for one cell, and that nothing of it is left. Limits of the pool would hide a next call that is too slow. */
async function inPool(options: PoolOptions, body: (pool: Pool<BackendName>) => Promise<void>): Promise<void> {
  const before = await restingThreads(options.permissions);
  const pool = new Pool(options);
  await within(BOUND, body(pool), "the cell");
  await within(BOUND, pool.shutdown(), "the end of the pool");
  assertEquals(pool.workerIds, []);
  if (onLinux) await until(() => threadCount() <= before, () => `threads are gone: ${threadCount()} of ${before}`);
}

// The runtime's own threads come with the first worker, and stay.
async function restingThreads(permissions: PoolOptions["permissions"]): Promise<number> {
  if (!onLinux) return 0;
  {
    await using pool = new Pool({ workers: 1, permissions });
    await pool.submit(crashing.fine, 1);
  }
  let last = -1;
  await until(() => last === (last = threadCount()), "threads come to rest");
  return last;
}

async function worksOn(pool: Pool<BackendName>): Promise<void> {
  assertEquals(pool.state, "open");
  assertEquals(await within(BOUND, pool.submit(crashing.fine.with({ timeout: Infinity }), 1), "the next call"), 2);
}

function loaded(kind: Kind): Expected {
  return CRASH[kind] === "RangeError" ? "TaskLoadError" : CRASH[kind];
}
