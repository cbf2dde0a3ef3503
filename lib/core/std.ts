/**
 * The few functions of `@std` that the library uses, typed by hand: through the npm import map of the project's own
 * tasks they would be `any`.
 *
 * @module
 */
import { delay as stdDelay } from "@std/async/delay";

/** Resolves after `ms` milliseconds; rejects with the signal's reason when it aborts first. */
export const delay: (ms: number, options?: { signal?: AbortSignal; persistent?: boolean }) => Promise<void> = stdDelay;
