/**
 * Workloads of worker processes: single calls, 64 MB there and back, starts.
 *
 * @module
 */
import { needed } from "./adapter.mjs";
import { CALLS, roundTrip } from "./calls.mjs";
import { LIFE_CYCLE } from "./life_cycle.mjs";
import { expect, repeat } from "./measure.mjs";

const SIZE = 2 ** 26;
const GB = 1e9;

/** Gives gigabytes a second in one direction, both having taken the same time. */
async function echoed({ open }) {
  const pool = await needed(open, "has no pool")(1, "echo");
  const bytes = new Uint8Array(SIZE).fill(1);
  const block = async () => {
    expect((await pool.run(bytes)).length, SIZE);
    return 1;
  };
  const round = async ({ budget }) => {
    const { value: us, count } = await repeat(budget, block);
    return { value: 2 * SIZE / GB / (us / 1e6), count };
  };
  return { round, close: () => pool.close() };
}

/** @type {Record<string, import("./adapter.mjs").MakeWorkload>} */
export const PROCESSES = {
  process_round_trip: CALLS.round_trip,
  process_round_trip_1: ({ open }) => roundTrip(open, 1),
  process_64MB: echoed,
  process_start: LIFE_CYCLE.start_up,
};
