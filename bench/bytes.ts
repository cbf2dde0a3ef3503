/**
 * Benchmarks of sending bytes to a worker: copied, moved there (and back), or shared. Python always copies: it pickles.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import { bare, bareNode, comlink, isopool, knitting, nodePools, pythons, returning } from "./kit/contestants.ts";

const SIZES = ["1KB", "1MB", "64MB"];
const MOVERS = [isopool, bare, bareNode, comlink];
const CONTESTANTS = {
  copied: [...MOVERS, ...nodePools, knitting, ...pythons],
  /** New bytes each time: the receiver's garbage collector has to free them. */
  moved: [...MOVERS, ...nodePools],
  /** The same bytes there and back: two transfers and no allocation. */
  bounced: [...MOVERS, ...returning],
  shared: [...MOVERS, ...nodePools],
};

const bytes = (size: string, how: keyof typeof CONTESTANTS): Bench => ({
  name: `bytes_${size}_${how}`,
  what: `${size.replace(/(?=.B)/, " ")} to a worker, ${how === "bounced" ? "moved there and back" : how}`,
  unit: "us",
  ...size === "64MB" && ["bounced", "shared"].includes(how) && { goal: { limit: 60 } },
  contestants: CONTESTANTS[how],
});

export const bytesBenches: readonly Bench[] = SIZES.flatMap((size) => [
  bytes(size, "copied"),
  bytes(size, "moved"),
  ...size === "64MB" ? [bytes(size, "bounced")] : [],
  bytes(size, "shared"),
]);
