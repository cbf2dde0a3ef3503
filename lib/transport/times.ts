/**
 * Converts the times of a call from the clock that all isolates share to the clock of this one.
 *
 * @module
 */
import { performance } from "../core/platform.ts";
import type { CallTimes } from "./transport.ts";

/** Converts milliseconds since 1970. A worker can send any number: the result is not in the future, and in order. */
export function toTimes({ start, end }: CallTimes): CallTimes {
  const latest = performance.now();
  const local = (time: number) => Math.min(latest, time - performance.timeOrigin);
  return { start: Math.min(local(start), local(end)), end: local(end) };
}
