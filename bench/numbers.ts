/**
 * Benchmarks of numbers in shared memory, against `Atomics` on a typed array.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import { atomics, isopoolShared, pythonShared } from "./kit/contestants.ts";

const numbers = (name: string, what: string, goal?: Bench["goal"]): Bench => ({
  name,
  what,
  unit: "us",
  ...goal && { goal },
  contestants: [isopoolShared, atomics, pythonShared],
});

export const numberBenches: readonly Bench[] = [
  numbers("counter", "Counter.add, one thread", { limit: 1.2, against: [atomics.name] }),
  numbers("counter_contended", "Counter.add, two threads at once", { limit: 1.2, against: [atomics.name] }),
  numbers("value", "Value.get and set"),
];
