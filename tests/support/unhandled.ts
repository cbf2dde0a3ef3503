/**
 * Unhandled rejections: what the library reports because nobody looked.
 *
 * @module
 */
import { pause } from "./within.ts";

/** Runs `body`, and gives the reasons of the rejections that were reported meanwhile. */
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
