/**
 * Bytes to a worker: copied, moved or shared. Python pickles, and so copies always.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import { bare, bareNode, comlink, isopool, knitting, nodePools, pythons } from "./kit/contestants.ts";

const SIZES = ["1KB", "1MB", "64MB"];
/** A promise of one size. */
const ZERO_COPY = { limit: 60 };

const bytes = (size: string, how: "copied" | "moved" | "shared"): Bench => ({
  name: `bytes_${size}_${how}`,
  what: `${size.replace(/(?=.B)/, " ")} to a worker, ${how}`,
  unit: "us",
  ...how !== "copied" && size === "64MB" && { goal: ZERO_COPY },
  contestants: [
    isopool,
    bare,
    bareNode,
    comlink,
    ...nodePools,
    ...how === "copied" ? [knitting, ...pythons] : [],
  ],
});

export const bytesBenches: readonly Bench[] = SIZES.flatMap((size) => [
  bytes(size, "copied"),
  bytes(size, "moved"),
  bytes(size, "shared"),
]);
