/**
 * Bytes to a worker: copied, moved there (and back), or shared. Python pickles, and so copies always.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import { bare, bareNode, comlink, isopool, knitting, nodePools, pythons, returning } from "./kit/contestants.ts";

const SIZES = ["1KB", "1MB", "64MB"];
const MOVERS = [isopool, bare, bareNode, comlink];
const WHO = {
  copied: [...MOVERS, ...nodePools, knitting, ...pythons],
  /** New bytes each time: who gets them also gets to collect them. */
  moved: [...MOVERS, ...nodePools],
  /** The same bytes there and back: the transfer alone, twice. */
  bounced: [...MOVERS, ...returning],
  shared: [...MOVERS, ...nodePools],
};

const bytes = (size: string, how: keyof typeof WHO): Bench => ({
  name: `bytes_${size}_${how}`,
  what: `${size.replace(/(?=.B)/, " ")} to a worker, ${how === "bounced" ? "moved there and back" : how}`,
  unit: "us",
  ...size === "64MB" && ["bounced", "shared"].includes(how) && { goal: { limit: 60 } },
  contestants: WHO[how],
});

export const bytesBenches: readonly Bench[] = SIZES.flatMap((size) => [
  bytes(size, "copied"),
  bytes(size, "moved"),
  ...size === "64MB" ? [bytes(size, "bounced")] : [],
  bytes(size, "shared"),
]);
