import { move } from "@isopool/isopool";

/** A range of numbers. */
export interface Batch {
  first: number;
  count: number;
}

/** Counts the steps of each number of a batch down to 1: n / 2 of an even number, 3n + 1 of an odd one. */
export function collatz({ first, count }: Batch): Uint32Array {
  const steps = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    for (let n = first + i; n > 1; n = n % 2 === 0 ? n / 2 : 3 * n + 1) steps[i]++;
  }
  return move(steps);
}
