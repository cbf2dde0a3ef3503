/**
 * `unhandledDuring()`: collects unhandled rejections, which is how the library reports unobserved failures.
 *
 * @module
 */
import { MUST_HAPPEN, within } from "./within.ts";

/** Runs `body`, and returns the reasons of the unhandled rejections during it. */
export async function unhandledDuring(body: () => Promise<void>): Promise<unknown[]> {
  const seen: unknown[] = [];
  const last = Promise.withResolvers<void>();
  const listener = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    if (event.reason === last) last.resolve();
    else seen.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", listener);
  try {
    await body();
    // Rejections are reported in their order, when the loop turns.
    Promise.reject(last);
    await within(MUST_HAPPEN, last.promise);
  } finally {
    globalThis.removeEventListener("unhandledrejection", listener);
  }
  return seen;
}
