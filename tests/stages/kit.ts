/**
 * Inputs and tasks of the tests of `stages()`.
 *
 * @module
 */
import { tasks } from "@isopool/isopool";

export const pages = tasks<typeof import("../fixtures/tasks/pages.ts")>(
  import.meta.resolve("../fixtures/tasks/pages.ts"),
);

/** Yields 0, 1, 2 ... */
export function* count(to = Infinity): Generator<number> {
  for (let n = 0; n < to; n++) yield n;
}
