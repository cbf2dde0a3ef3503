/**
 * Work whose calls have to do with each other: streams, groups, queues.
 *
 * @module
 */
import { Queue } from "../../../mod.ts";
import type { Call } from "./ledger.ts";
import { valueOf } from "./tasks.ts";
import { many, open, own, type WorkFunction } from "./work.ts";

export const stream: WorkFunction = async (work) => {
  const { pool, ledger } = work.context;
  const { call, mark } = open(work, { value: { is: work.size } });
  let read = 0;
  try {
    for await (const item of pool.stream(own.items, mark, work.n, work.size)) {
      const serial = valueOf(work.n + read++);
      if (Deno.inspect(item) !== Deno.inspect(serial)) ledger.problems.push(`a stream has ${Deno.inspect(item)}`);
    }
    call.fulfilled(read);
  } catch (error) {
    call.rejected(error);
  }
};

export const group: WorkFunction = async (work) => {
  const { pool, ledger } = work.context;
  // In half of them, one call fails.
  const failing = work.random < 0.5 ? Math.floor(2 * work.random * work.size) : -1;
  const ends: Promise<unknown>[] = [];
  try {
    await using group = pool.group();
    for (let i = 0; i < work.size; i++) {
      const n = work.n + i;
      const { call, mark } = open(
        work,
        i === failing
          ? { value: "nothing", errors: [`RangeError: failed ${n}`, "CancelledError"] }
          : { value: { is: valueOf(n) }, errors: ["CancelledError"] },
      );
      const submit = () => i === failing ? group.submit(own.fail, mark, n) : group.submit(own.wait, mark, n, work.ms);
      ends.push(ledger.watch(call, submit));
    }
    await Promise.all(ends);
    if (group.size > 0) ledger.problems.push(`a group has ${group.size} calls after their ends`);
  } catch (error) {
    // The pool was closed before the group was opened.
    ledger.open("group", { value: "nothing" }).call.rejected(error);
  }
};

/** Producers and a consumer. One consumer only, so that producers find a worker: a pool has two or more. */
export const queue: WorkFunction = async (work) => {
  const { pool, ledger } = work.context;
  const queue = new Queue<number>();
  const calls: Call[] = [];
  const producers = many(1 + work.size % 2, (i) => {
    const { call, mark } = open(work, { value: { is: work.size } });
    calls.push(call);
    return ledger.watch(call, () => pool.submit(own.produce, mark, work.n + i * work.size, work.size, queue));
  });
  const { call, mark } = ledger.open("consumer", { value: { is: "checked" } });
  let taken: number[] = [];
  const consume = async () => {
    try {
      taken = await pool.submit(own.consume.with({ priority: -1 }), mark, queue);
      call.fulfilled("checked");
    } catch (error) {
      call.rejected(error);
    }
  };
  const consumer = consume();
  await producers;
  queue.close();
  await consumer;
  if (!("value" in call.ends[0])) return;
  if (new Set(taken).size !== taken.length) ledger.problems.push("a queue has delivered an item twice");
  for (const [i, producer] of calls.entries()) {
    if (!("value" in producer.ends[0])) continue;
    const first = work.n + i * work.size;
    const got = taken.filter((n) => n >= first && n < first + work.size);
    const isWhole = got.length === work.size && got.every((n, k) => n === first + k);
    if (!isWhole) ledger.problems.push(`a queue has delivered ${got.length} of ${work.size} items, or not in order`);
  }
};
