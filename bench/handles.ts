/**
 * Benchmarks of the envelope in which the library sends values: what looking for shared objects costs a message that has
 * none. A nested argument is cloned plainly and in an envelope; the two alternate in one process.
 *
 * @module
 */
import type { Bench } from "./kit/bench.ts";
import { having, isopoolHandles } from "./kit/contestants.ts";

const handles = (size: string): Bench => ({
  name: `handles_${size}`,
  what: `a nested argument of ${size.replace(/(?=.B)/, " ")} in an envelope`,
  unit: "x a plain clone",
  contestants: [
    isopoolHandles,
    having(isopoolHandles, "always walked", "walked"),
    having(isopoolHandles, "with a Counter", "counter"),
  ],
});

export const handleBenches: readonly Bench[] = [handles("10KB"), handles("1MB")];
