/**
 * Work in single calls. work.ts explains the ledger and the helpers.
 *
 * @module
 */
import type { Future } from "../../../mod.ts";
import { RETRIES } from "./plan.ts";
import { type Mark, valueOf } from "./tasks.ts";
import { few, many, open, own, retryOf, returns, type Work, type WorkFunction } from "./work.ts";

function submitEach(work: Work, options: (i: number) => { priority?: number; affinityKey?: string }) {
  const { pool, ledger } = work.context;
  const task = work.random < 0.5 ? own.compute : own.wait;
  return many(work.size, (i) => {
    const { call, mark } = open(work, returns(work, work.n + i));
    const given = task.with({ retry: retryOf(work, work.retry), ...options(i) });
    return ledger.watch(call, () => pool.submit(given, mark, work.n + i, work.ms));
  });
}

export const submit: WorkFunction = async (work) => {
  await submitEach(work, () => ({}));
};

export const priority: WorkFunction = async (work) => {
  await submitEach(work, (i) => ({ priority: i % 3 - 1 }));
};

export const affinity: WorkFunction = async (work) => {
  const { pool, ledger } = work.context;
  const workerIds = await submitEach(work, (i) => ({ affinityKey: `${work.n}-${i % 3}` }));
  // A key moves when its worker goes.
  if (pool.stats().workers.started > pool.workerIds.length) return;
  for (let key = 0; key < 3; key++) {
    // A call that was cancelled before it was sent has none.
    const ids = new Set(workerIds.filter((id, i) => i % 3 === key && id !== undefined));
    if (ids.size > 1) ledger.problems.push(`calls of one affinity key ran on workers ${[...ids].join(", ")}`);
  }
};

/** Calls that fail at first. */
const flaky = (dies: boolean): WorkFunction => async (work) => {
  const { pool, ledger } = work.context;
  const task = own.flaky.with({ retry: retryOf(work, RETRIES) });
  await many(dies ? few(work) : work.size, (i) => {
    const n = work.n + i;
    const { call, mark } = open(work, { value: { is: valueOf(n) }, starts: RETRIES + 1 });
    return ledger.watch(call, () => pool.submit(task, mark, n, 1 + i % 2, dies));
  });
};

export const retry: WorkFunction = flaky(false);
export const dying: WorkFunction = flaky(true);

export const cancel: WorkFunction = async (work) => {
  const { pool, ledger } = work.context;
  await many(work.size, (i) => {
    const n = work.n + i;
    const { call, mark } = open(work, { value: { is: valueOf(n) }, errors: ["CancelledError"] });
    return ledger.watch(call, () => {
      const future = pool.submit(own.wait, mark, n, i % 2 === 0 ? 3 : 60_000);
      setTimeout(() => {
        // A drain, or the end of its pool, may have cancelled it before.
        const wasCancelled = future.cancelled;
        const hadEnded = future.done && !wasCancelled;
        const took = future.cancel();
        if (took === hadEnded) ledger.problems.push(`cancel() returned ${took} of a call that is ${future.state}`);
        // Cancelled at once: it was still waiting, and must never start.
        if (took && future.done && !wasCancelled) call.starts = 0;
      }, work.ms + i);
      return future;
    });
  });
};

/** Makes calls that must fail. */
async function failEach(
  work: Work,
  count: number,
  submit: (mark: Mark, n: number) => Future<unknown>,
  error: (n: number) => string,
): Promise<void> {
  await many(count, (i) => {
    const { call, mark } = open(work, { value: "nothing", errors: [error(work.n + i)] });
    return work.context.ledger.watch(call, () => submit(mark, work.n + i));
  });
}

export const fail: WorkFunction = (work) =>
  failEach(work, work.size, (mark, n) => work.context.pool.submit(own.fail, mark, n), (n) => `RangeError: failed ${n}`);

export const never: WorkFunction = (work) => {
  const task = own.never.with({ timeout: 5 + work.ms });
  return failEach(work, few(work), (mark) => work.context.pool.submit(task, mark), () => "TaskTimeoutError");
};

export const spin: WorkFunction = (work) => {
  const task = own.spin.with({ timeout: 5 + work.ms });
  return failEach(work, few(work), (mark) => work.context.pool.submit(task, mark), () => "TaskTimeoutError");
};

export const exit: WorkFunction = (work) =>
  failEach(work, few(work), (mark) => work.context.pool.submit(own.exit, mark), () => "crash");

export const uncaught: WorkFunction = (work) =>
  failEach(work, few(work), (mark) => work.context.pool.submit(own.uncaught, mark), () => "crash");

export const memory: WorkFunction = (work) =>
  failEach(work, 1, (mark) => work.context.pool.submit(own.fillMemory, mark), () => "crash");

export const terminate: WorkFunction = ({ context }) => context.pool.terminate();
