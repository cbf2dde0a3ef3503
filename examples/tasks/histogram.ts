import type { SharedArray } from "@isopool/isopool";

/**
 * Counts the bytes of one block into the histogram of all, and writes the block's entropy, in bits for a byte, where its
 * own element is.
 */
export function countBlock(
  block: SharedArray<"u8">,
  index: number,
  histogram: SharedArray<"u32">,
  entropies: SharedArray<"f64">,
): void {
  const counts = new Uint32Array(256);
  // Nobody writes to the bytes meanwhile: the plain view is as fast as memory gets.
  for (const byte of block.view) counts[byte]++;
  // Everybody adds to the histogram: 256 atomic steps for a block, not one for a byte.
  counts.forEach((count, byte) => histogram.add(byte, count));
  // This element is nobody else's.
  entropies.view[index] = entropy(counts);
}

/** Shannon's entropy of a histogram. */
export function entropy(counts: ArrayLike<number>): number {
  const shares = Array.from(counts).filter((count) => count > 0);
  const total = shares.reduce((a, b) => a + b, 0);
  return -shares.reduce((sum, count) => sum + count / total * Math.log2(count / total), 0);
}
