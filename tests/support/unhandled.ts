/**
 * `unhandledDuring()`: collects unhandled rejections, which is how the library reports unobserved failures.
 *
 * @module
 */
import { pause } from "./within.ts";

/** Runs `body`, and returns the reasons of the unhandled rejections during it. */
export async function unhandledDuring(body: () => Promise<void>): Promise<unknown[]> {
  const seen: unknown[] = [];
  const listener = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    seen.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", listener);
  try {
    await body();
    // A rejection is reported when the loop turns.
    await pause(5);
  } finally {
    globalThis.removeEventListener("unhandledrejection", listener);
  }
  return seen;
}
