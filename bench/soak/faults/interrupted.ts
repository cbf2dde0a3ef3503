/**
 * A program of the harness that a signal ends while its pool works.
 *
 * @module
 */
import { Pool } from "../../../mod.ts";
import { random } from "../../../tests/support/random.ts";
import { Ledger } from "./ledger.ts";
import { type BackendKind, makePlan, type WorkKind } from "./plan.ts";
import type { Line } from "./program.ts";
import { poolOptions, WORK_FUNCTIONS } from "./round.ts";
import { doWork } from "./work.ts";

/** How a program is ended. */
export interface Interruption {
  readonly signal: "SIGINT" | "SIGTERM" | "SIGKILL";
  /** Whether its pool drains on the signal; otherwise the program does not listen to it. */
  readonly drains: boolean;
  /** Whether the signal comes a second time. */
  readonly isTwice: boolean;
  /** Milliseconds from its start to the signal. */
  readonly at: number;
}

/** The argument of an interrupted program. */
export interface InterruptedOptions {
  readonly backend: BackendKind;
  readonly seed: number;
  readonly folder: string;
  readonly redis?: string;
}

/** Makes the plan of an interruption; it follows from the seed alone. */
export function planInterruption(seed: number): Interruption {
  const next = random(Math.imul(seed + 1, 0x85ebca6b));
  const signal = (["SIGINT", "SIGTERM", "SIGKILL"] as const)[Math.floor(3 * next())];
  const drains = signal !== "SIGKILL" && next() < 0.7;
  return { signal, drains, isTwice: drains && next() < 0.3, at: Math.floor(400 * next()) };
}

/** Exit codes of programs whose pools drain. */
export const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

// Not in these programs: work that ends the pool itself, that needs a small disk, or that runs until its memory is full. A
// pool that drains waits for all calls that run.
const ENDLESS: readonly WorkKind[] = ["terminate", "disk", "memory"];

if (import.meta.main) {
  const { backend, seed, folder, redis }: InterruptedOptions = JSON.parse(Deno.args[0]);
  const print = (line: Line) => console.log(JSON.stringify(line));
  const plan = makePlan(backend, seed);
  const { signal, drains } = planInterruption(seed);
  const file = `${folder}/starts-${seed}`;
  Deno.writeTextFileSync(file, "");
  const cluster = redis === undefined ? undefined : (await import("./cluster_rig.ts")).backendAt(redis);
  const ledger = new Ledger(file);
  const pool = new Pool(poolOptions({ backend, folder, cluster }, plan.pool));
  if (drains) pool.drainOn(signal as "SIGINT" | "SIGTERM");
  print({ begin: seed });
  const context = { pool, ledger, disk: undefined, retryAfter: backend === "cluster" ? 100 : 0 };
  const work = plan.work.filter(({ kind }) => !ENDLESS.includes(kind));
  await Promise.all(work.map((each, i) => doWork(WORK_FUNCTIONS[each.kind], each, i, context)));
  await pool.shutdown();
  // Calls that had not started are cancelled, and later ones refused.
  const ambient = { errors: new Set(["CancelledError", "PoolClosedError"]), losses: Infinity };
  const problems = ledger.check(ambient);
  print({ end: seed, calls: ledger.calls.length, workersStarted: pool.stats().workers.started, problems });
}
