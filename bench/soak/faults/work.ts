/**
 * The work of a round: makes the calls that the plan says, and records how each ends in the ledger.
 *
 * @module
 */
import { type BackendName, type Pool, type RetryOptions, tasks } from "../../../mod.ts";
import type { Allowed, Call, Ledger } from "./ledger.ts";
import type { WorkPlan } from "./plan.ts";
import { type Mark, valueOf } from "./tasks.ts";

export const own = tasks<typeof import("./tasks.ts")>(import.meta.resolve("./tasks.ts"));

/** What the work of a round uses. */
export interface RoundContext {
  readonly pool: Pool<BackendName>;
  readonly ledger: Ledger;
  /** A folder on a small disk; `undefined` where none can be mounted. */
  readonly disk: string | undefined;
  /** Milliseconds before a retry: a cluster waits for its Redis. */
  readonly retryAfter: number;
}

/** A piece of work, and what it uses. */
export interface Work extends WorkPlan {
  readonly context: RoundContext;
  /** First of the numbers that its calls compute with. */
  readonly n: number;
}

/** Makes calls of one kind, and waits for their ends. */
export type WorkFunction = (work: Work) => Promise<void>;

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Does something `count` times at once. */
export function many<T>(count: number, each: (i: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => each(i)));
}

/** A number for work whose calls cost a worker each. */
export const few = ({ size }: Work): number => 1 + size % 3;

export function retryOf({ context }: Work, retries: number): RetryOptions | undefined {
  const wait = context.retryAfter;
  return retries === 0 ? undefined : { maxAttempts: retries + 1, minTimeout: wait, maxTimeout: wait };
}

/** Opens an entry in the ledger. */
export function open(work: Work, allowed: Allowed): { call: Call; mark: Mark } {
  return work.context.ledger.open(work.kind, allowed);
}

/** The allowed end of a call that must return the value of number `n`. */
export function returns(work: Work, n: number): Allowed {
  return { value: { is: valueOf(n) }, starts: work.retry + 1 };
}

/** Does one piece of work when its time has come. */
export async function doWork(run: WorkFunction, plan: WorkPlan, index: number, context: RoundContext): Promise<void> {
  await pause(plan.at);
  await run({ ...plan, context, n: index * 10_000 });
}
