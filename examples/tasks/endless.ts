/** Runs the loops of the Python program in endless_loop.ts, which would take years. `attempts[0]` counts the starts. */
export function test(attempts: Int32Array): number {
  Atomics.add(attempts, 0, 1);
  let a = 0;
  for (let i = 0; i < 999_999_999; i++) {
    for (let j = 0; j < 999_999_999; j++) a = i * j;
  }
  return a;
}
