import type { SharedArray } from "@isopool/isopool";

/**
 * Adds the bytes of one block to the histogram of all blocks, and writes the block's entropy, in bits for a byte, into the
 * block's element of `entropies`.
 */
export function countBlock(
  block: SharedArray<"u8">,
  index: number,
  histogram: SharedArray<"u32">,
  entropies: SharedArray<"f64">,
): void {
  const counts = new Uint32Array(256);
  // No thread writes to the bytes meanwhile, so the plain view is safe, and it is the fastest way to read them.
  for (const byte of block.view) counts[byte]++;
  // All workers add to the histogram: 256 atomic operations for a block, not one for each byte.
  counts.forEach((count, byte) => histogram.add(byte, count));
  // No other worker writes to this element.
  entropies.view[index] = entropy(counts);
}

/** Computes Shannon's entropy of a histogram. */
export function entropy(counts: ArrayLike<number>): number {
  const shares = Array.from(counts).filter((count) => count > 0);
  const total = shares.reduce((a, b) => a + b, 0);
  return -shares.reduce((sum, count) => sum + count / total * Math.log2(count / total), 0);
}
