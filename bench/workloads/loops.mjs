/**
 * Workloads on one event loop: limited concurrency, and envelopes.
 *
 * @module
 */
import { needed } from "./adapter.mjs";
import { expect, range, repeat } from "./measure.mjs";
import { records } from "./payloads.mjs";

const AT_ONCE = 100;
/** Milliseconds that one of two compared functions runs before the other one runs. */
const SLICE = 5;

/** @type {Record<string, import("./adapter.mjs").MakeWorkload>} */
export const LOOPS = {
  pooled,
  /** The parameter is the option that is set. */
  pooled_options: pooled,
  handles_10KB: (adapter, parameter) => handles(adapter, 10_000, parameter),
  handles_1MB: (adapter, parameter) => handles(adapter, 1_000_000, parameter),
};

function pooled({ limit }, option) {
  const items = range(10_000);
  const fn = async (n) => await n + 1;
  const block = async () => {
    expect((await needed(limit, "has no limited concurrency")(items, fn, AT_ONCE, option)).length, items.length);
    return items.length;
  };
  return { round: ({ budget }) => repeat(budget, block), close() {} };
}

/** Gives a ratio, measured in short turns in one process: that shows a difference of 1 %, alternating processes do not. */
function handles({ envelope }, size, option) {
  const argument = records(size);
  const plain = () => structuredClone({ argument, handles: false });
  const wrapped = () => needed(envelope, "has no handles")(argument, option);
  let calls;
  const round = ({ budget }) => {
    calls ??= Math.ceil(SLICE / Math.max(time(plain, 3), 0.001) * 3);
    const begin = performance.now();
    const ratios = [];
    do {
      const [one, other] = ratios.length % 2 ? [plain, wrapped] : [wrapped, plain];
      const [first, second] = [time(one, calls), time(other, calls)];
      ratios.push(one === wrapped ? first / second : second / first);
    } while (performance.now() - begin < budget * 3 || ratios.length < 2);
    return { value: ratios.sort((a, b) => a - b)[ratios.length >> 1], count: ratios.length * calls };
  };
  return { round, close() {} };
}

function time(work, calls) {
  const begin = performance.now();
  for (let i = 0; i < calls; i++) work();
  return performance.now() - begin;
}
