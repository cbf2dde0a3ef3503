/**
 * Workloads that send bytes to a worker, one call at a time. The task returns their number; that of "bounced", the bytes.
 *
 * @module
 */
import { needed } from "./adapter.mjs";
import { collect, expect, repeat, repeatTimed } from "./measure.mjs";

const SIZES = { "1KB": 2 ** 10, "1MB": 2 ** 20, "64MB": 2 ** 26 };
/** Maximum number of bytes that a block of moves allocates before it starts. */
const ALLOCATED_AHEAD = 2 ** 28;

/** `bytes_1KB_copied` to `bytes_64MB_bounced`. @type {Record<string, import("./adapter.mjs").MakeWorkload>} */
export const BYTES = Object.fromEntries(
  Object.entries(SIZES).flatMap(([name, size]) => [
    [`bytes_${name}_copied`, (adapter) => sent(adapter, new Uint8Array(size).fill(1))],
    [`bytes_${name}_shared`, (adapter) => sent(adapter, new Uint8Array(new SharedArrayBuffer(size)).fill(1))],
    [`bytes_${name}_moved`, (adapter) => moved(adapter, size)],
    [`bytes_${name}_bounced`, (adapter) => bounced(adapter, size)],
  ]),
);

async function sent(adapter, bytes) {
  const pool = await needed(adapter.open, "has no pool")(1, "size");
  const block = async () => {
    expect(await pool.run(bytes), bytes.length);
    return 1;
  };
  return { round: ({ budget }) => repeat(budget, block), close: () => pool.close() };
}

/** The allocation of the bytes is not measured. */
async function moved(adapter, size) {
  const pool = await needed(adapter.open, "has no pool")(1, "size");
  const move = needed(pool.move, "cannot move");
  const block = async () => {
    // At most 100, so that a block of small ones keeps the budget.
    const each = Array.from({ length: Math.min(100, ALLOCATED_AHEAD / size) }, () => new Uint8Array(size));
    const begin = performance.now();
    for (const bytes of each) expect(await move(bytes), size);
    const ms = performance.now() - begin;
    expect(each.at(-1).length, 0);
    return [ms, each.length];
  };
  return { round: ({ budget }) => repeatTimed(budget, block), close: () => pool.close() };
}

/**
 * Moves the same bytes again and again: nothing is allocated, so there is little garbage to collect. Gives the median, as
 * one collection takes long.
 */
async function bounced(adapter, size) {
  const pool = await needed(adapter.open, "has no pool")(1, "bounce");
  const bounce = needed(pool.bounce, "cannot move a result");
  let bytes = new Uint8Array(size);
  const bounceOnce = async () => {
    const sent = bytes;
    const begin = performance.now();
    bytes = await bounce(sent);
    const us = (performance.now() - begin) * 1_000;
    expect(sent.length, 0);
    expect(bytes.length, size);
    return us;
  };
  return { round: ({ budget }) => collect(budget, bounceOnce), close: () => pool.close() };
}
