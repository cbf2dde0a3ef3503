/**
 * `reported()`: collects what would end a script: reported errors and unhandled rejections.
 *
 * @module
 */
import { pause } from "./within.ts";

/** Runs `body`, and returns what was reported during it and in the turns after it, instead of ending the test. */
export async function reported(body: () => Promise<void>): Promise<unknown[]> {
  const seen: unknown[] = [];
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    seen.push(event.error);
  };
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    seen.push(event.reason);
  };
  globalThis.addEventListener("error", onError);
  globalThis.addEventListener("unhandledrejection", onRejection);
  try {
    await body();
    // A report comes in a later turn of the event loop.
    for (let turn = 0; turn < 3; turn++) await pause(1);
  } finally {
    globalThis.removeEventListener("error", onError);
    globalThis.removeEventListener("unhandledrejection", onRejection);
  }
  return seen;
}
