/**
 * Workloads of shared memory and of messages between threads. The threads read the clock themselves, so that their start is
 * not measured.
 *
 * @module
 */
import { needed } from "./adapter.mjs";
import { repeatTimed, scaled, span } from "./measure.mjs";
import { MESSAGES } from "./payloads.mjs";

/** @type {Record<string, import("./adapter.mjs").MakeWorkload>} */
export const SHARED = {
  lock: (adapter) => operation(adapter, "lock", 1),
  lock_contended: (adapter) => operation(adapter, "lock", 2),
  counter: (adapter) => operation(adapter, "counter", 1),
  counter_contended: (adapter) => operation(adapter, "counter", 2),
  value: (adapter) => operation(adapter, "value", 1),
  queue_number: (adapter) => channel(adapter, "number"),
  queue_object: (adapter) => channel(adapter, "object"),
  queue_date_in_map: (adapter) => channel(adapter, "date_in_map"),
  queue_1MB: (adapter) => channel(adapter, "1MB"),
};

async function operation({ operate }, name, threads) {
  const opened = await needed(operate, "has no shared memory")(name, threads);
  const block = (scale) => async () => {
    const count = scaled(100_000, scale, 1_000);
    return [span(await opened.run(count)), count * threads];
  };
  return { round: ({ budget, scale }) => repeatTimed(budget, block(scale)), close: () => opened.close() };
}

async function channel(adapter, payload) {
  const opened = await needed(adapter.channel, "has no queue")(payload);
  const block = (scale) => async () => {
    const count = scaled(MESSAGES[payload].count, scale, 10);
    return [span(await opened.run(count)), count];
  };
  return { round: ({ budget, scale }) => repeatTimed(budget, block(scale)), close: () => opened.close() };
}
