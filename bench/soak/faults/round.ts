/**
 * One round: a pool, its work, the faults, and the checks after them.
 *
 * @module
 */
import { type BackendName, type CustomBackend, Pool, type PoolOptions } from "../../../mod.ts";
import { until, within } from "../../../tests/support/within.ts";
import type { ClusterRig } from "./cluster_rig.ts";
import { Ledger } from "./ledger.ts";
import type { BackendKind, Plan, PoolPlan, WorkKind } from "./plan.ts";
import { inject, lossesOf, type Target } from "./inject.ts";
import { doWork, type RoundContext, type WorkFunction } from "./work.ts";
import * as calls from "./work_calls.ts";
import * as flows from "./work_flows.ts";
import * as maps from "./work_maps.ts";

/** The function of each kind of work. */
export const WORK_FUNCTIONS: Record<WorkKind, WorkFunction> = { ...calls, ...maps, ...flows };

/** Bounds in milliseconds, for a machine so busy that a worker takes 10 s to start. On an idle one a round takes 2 s. */
const WORK_BOUND = 180_000;
const END_BOUND = 30_000;

/** What rounds of one program have in common. */
export interface Surroundings {
  readonly backend: BackendKind;
  readonly folder: string;
  readonly disk?: string;
  /** The file with the system's time. */
  readonly clock?: string;
  readonly rig?: ClusterRig;
  readonly cluster?: CustomBackend;
}

/** What a round has done. */
export interface Report {
  readonly calls: number;
  readonly workersStarted: number;
  readonly problems: readonly string[];
}

/** Starts what a cluster needs. Its packages are loaded then only. */
export async function startRig(): Promise<ClusterRig> {
  const { ClusterRig } = await import("./cluster_rig.ts");
  return await ClusterRig.start();
}

/** The options of a pool on a backend. */
export function poolOptions(
  { backend, cluster, folder, disk }: Surroundings,
  { memoryLimit, ...plan }: PoolPlan,
): PoolOptions {
  const limited = { ...plan, ...memoryLimit > 0 && { memoryLimit } };
  const { workers, killGrace, concurrencyPerWorker } = plan;
  switch (backend) {
    case "threads":
      return limited;
    case "process":
      return { ...limited, backend: "process" };
    case "scoped":
      return { ...plan, permissions: { read: true, write: [folder, ...disk ? [disk] : []] } };
    case "async":
      return { backend: "async", workers, killGrace, concurrencyPerWorker };
    case "cluster":
      return { backend: cluster!, killGrace, workers: 8 * workers };
  }
}

/** Runs a round, and returns what was wrong, besides what it leaves behind. */
export async function runRound(plan: Plan, surroundings: Surroundings): Promise<Report> {
  const file = `${surroundings.folder}/starts-${plan.seed}`;
  Deno.writeTextFileSync(file, "");
  const ledger = new Ledger(file);
  const pool: Pool<BackendName> = new Pool(poolOptions(surroundings, plan.pool));
  const retryAfter = surroundings.backend === "cluster" ? 100 : 0;
  const context: RoundContext = { pool, ledger, disk: surroundings.disk, retryAfter };
  const target: Target = { context, rig: surroundings.rig, clock: surroundings.clock };
  const problems: string[] = [];
  try {
    const work = plan.work.map((each, i) => doWork(WORK_FUNCTIONS[each.kind], each, i, context));
    const faults = plan.faults.map((each) => inject(each, target));
    await within(WORK_BOUND, Promise.all([...work, ...faults]), "the work of the round");
    const isTerminated = plan.work.some(({ kind }) => kind === "terminate");
    // Items of a map whose reader has left may still run.
    const isAtRest = () => pool.stats().tasks.waiting + pool.stats().tasks.active === 0;
    if (!isTerminated) await until(isAtRest, () => `the pool counts ${Deno.inspect(pool.stats().tasks)}`);
    const { workers } = pool.stats();
    await within(END_BOUND, pool.shutdown(), "the end of the pool");
    const losses = lossesOf(surroundings.backend, plan);
    problems.push(...ledger.check({ errors: ambientErrors(plan, isTerminated), losses }));
    Deno.removeSync(file);
    return { calls: ledger.calls.length, workersStarted: workers.started, problems };
  } catch (error) {
    const open = ledger.calls.filter(({ ends }) => ends.length === 0).map(({ id, name }) => `${id} ${name}`);
    const { perWorker, tasks, workers } = pool.stats();
    problems.push(
      `${error}`,
      `without an end: ${open.slice(0, 20).join(", ")}`,
      Deno.inspect({ state: pool.state, tasks, workers, perWorker }, { depth: 4 }),
    );
    return { calls: ledger.calls.length, workersStarted: workers.started, problems };
  }
}

/** Errors that the plan explains, whatever call has them. */
function ambientErrors({ faults }: Plan, isTerminated: boolean): Set<string> {
  const has = (kind: string) => faults.some((each) => each.kind === kind);
  return new Set([
    ...isTerminated ? ["CancelledError", "PoolClosedError"] : [],
    ...has("hogDescriptors") ? ["os error 24", "BrokenPoolError"] : [],
    ...has("killRedis") ? ["ClusterError"] : [],
  ]);
}
