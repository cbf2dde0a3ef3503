/**
 * Kinds of work with many results: maps, a shared value, a broadcast, a checkpoint. Each function has the name of its
 * `WorkKind`.
 *
 * @module
 */
import type { Call } from "./ledger.ts";
import { type Mark, valueOf } from "./tasks.ts";
import { open, own, retryOf, returns, type Work, type WorkFunction } from "./work.ts";

type Item = readonly [Mark, number, number];

function itemsOf(work: Work, count = work.size, ms = work.ms): { calls: Call[]; items: Item[] } {
  const opened = Array.from({ length: count }, (_, i) => open(work, returns(work, work.n + i)));
  return { calls: opened.map(({ call }) => call), items: opened.map(({ mark }, i) => [mark, work.n + i, ms]) };
}

const settling = (work: Work) => ({ onError: "settle" as const, retry: retryOf(work, work.retry) });

export const map: WorkFunction = async (work) => {
  const { calls, items } = itemsOf(work);
  await work.context.ledger.collect(calls, () => work.context.pool.starmap(own.compute, items, settling(work)));
};

/** Many short calls, which travel together. */
export const batch: WorkFunction = async (work) => {
  const { calls, items } = itemsOf(work, 10 * work.size, 0);
  await work.context.ledger.collect(calls, () => work.context.pool.starmap(own.compute, items, settling(work)));
};

export const imap: WorkFunction = async (work) => {
  const { calls, items } = itemsOf(work);
  const options = { ...settling(work), ordered: work.random < 0.5, buffer: 1 + work.size % 9 };
  await work.context.ledger.collect(calls, () => work.context.pool.imap(own.computeItem, items, options));
};

/** A map whose reader leaves. */
export const left: WorkFunction = async (work) => {
  const { calls, items } = itemsOf(work);
  for (const call of calls) call.isLeft = true;
  const most = Math.floor(work.random * work.size);
  await work.context.ledger.collect(calls, async function* () {
    let read = 0;
    for await (const outcome of work.context.pool.imap(own.computeItem, items, settling(work))) {
      yield outcome;
      if (++read > most) return;
    }
  });
};

export const share: WorkFunction = async (work) => {
  const { pool, ledger } = work.context;
  const { calls, items } = itemsOf(work);
  try {
    using table = pool.share(new Map(items.map(([, n]) => [n, valueOf(n)])));
    const args = items.map(([mark, n]) => [mark, n, table] as const);
    await ledger.collect(calls, () => pool.starmap(own.lookUp, args, settling(work)));
  } catch (error) {
    // share() itself: the pool was closed.
    for (const call of calls) call.rejected(error);
  }
};

export const broadcast: WorkFunction = async (work) => {
  // It starts once on each worker, and on others in place of those that were lost before. All workers must give the same value.
  const { call, mark } = open(work, { value: { is: [valueOf(work.n)] }, starts: 100, mayBeLost: true });
  try {
    const results = await work.context.pool.broadcast(own.compute, mark, work.n, work.ms);
    call.fulfilled([...new Map(results.map((result) => [Deno.inspect(result), result])).values()]);
  } catch (error) {
    call.rejected(error);
  }
};

const DISK_FULL = "os error 28";

/** A map whose checkpoint is larger than its disk. */
export const disk: WorkFunction = async (work) => {
  const { pool, ledger, disk } = work.context;
  if (disk === undefined) return;
  const checkpoint = `${disk}/${work.n}.jsonl`;
  const { calls, items } = itemsOf(work, 40 * work.size, 0);
  for (const call of calls) call.isLeft = true;
  try {
    const results = await pool.starmap(own.compute, items, { checkpoint, retry: retryOf(work, work.retry) });
    for (const [i, result] of results.entries()) calls[i].fulfilled(result);
  } catch (error) {
    ledger.open("disk", { value: "nothing", errors: [DISK_FULL] }).call.rejected(error);
  } finally {
    await Deno.remove(checkpoint).catch(() => {});
  }
};
