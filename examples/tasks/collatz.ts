import { move } from "@isopool/isopool";

/** Numbers that follow one another. */
export interface Batch {
  first: number;
  count: number;
}

/** How many steps each number of a batch takes down to 1: halve the even, 3n + 1 the odd. */
export function collatz({ first, count }: Batch): Uint32Array {
  const steps = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    for (let n = first + i; n > 1; n = n % 2 === 0 ? n / 2 : 3 * n + 1) steps[i]++;
  }
  return move(steps);
}
